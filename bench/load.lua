-- Sends the requests of a file in turn, from its beginning again at its end. All are built before
-- the run starts. A line is METHOD PATH, a tab, a header field, a tab, a JSON body; the last two may
-- be empty.
--   BENCH_FILE      the file
--   BENCH_ONCE      set: ends after the last line
--   BENCH_PAUSE_MS  how long each connection waits before each request
local pause = tonumber(os.getenv("BENCH_PAUSE_MS") or "0")
local once = os.getenv("BENCH_ONCE")
local requests, count, sent = {}, 0, 0

function init()
  for line in io.lines(os.getenv("BENCH_FILE")) do
    local method, path, field, body = line:match("^(%S+) (%S+)\t([^\t]*)\t(.*)$")
    local headers = {}
    local name, value = field:match("^(.-): (.*)$")
    if name then headers[name] = value end
    if body ~= "" then headers["Content-Type"] = "application/json" else body = nil end
    count = count + 1
    requests[count] = wrk.format(method, path, headers, body)
  end
  io.write(string.format("READY %.2f\n", os.clock()))
end

-- The thread that loads ends at once: what it still sends is answered to nobody, and does not count. wrk sleeps for
-- the whole of its time whatever its threads do; a signal ends it in order. The first one may reach the
-- thread that loads, the next ones can only reach the one that sleeps.
local function stop()
  wrk.thread:stop()
  local own = io.open("/proc/self/stat"):read("*n")
  io.popen("for try in $(seq 200); do kill -INT " .. own .. " || break; sleep 0.01; done 2>/dev/null")
end

function request()
  if sent == count then
    sent = 0
    if once then stop() end
    once = nil
  end
  sent = sent + 1
  return requests[sent]
end

if pause > 0 then
  function delay() return pause end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %.1f %.1f %.2f\n", summary.requests, summary.duration,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), os.clock()))
end
