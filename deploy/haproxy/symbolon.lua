-- Asks Symbolon whether a request may pass, for haproxy.cfg.
-- http-request lua.symbolon ADDRESS TARGET

-- The whole identity. What Symbolon does not say, the application does not read.
local TOLD = { "x-symbolon-subject", "x-symbolon-session", "x-symbolon-client", "x-symbolon-claims" }
-- What a refusal tells the client.
local HANDED_ON = { "content-type", "www-authenticate", "cache-control", "retry-after", "x-request-id" }
-- A hung Symbolon must not hang the application: HAProxy asks four times before it gives up. A revocation waits for answers
-- that are under way; one that HAProxy has given up cannot arrive late.
local WAIT_MS = 600
local UNDECIDED = '{"type":"urn:symbolon:problem:unavailable","title":"Not available now","status":503,'
    .. '"detail":"the answer cannot be given now; try again later","code":"unavailable"}'

local function refuse(txn, status, headers, body)
    local reply = txn:reply({ status = status })
    for name, value in pairs(headers) do
        reply:add_header(name, value)
    end
    reply:set_body(body)
    txn:done(reply)
end

-- All values of a header, in a list that begins at 1.
local function values(headers, name)
    local list = {}
    local own = headers[name]
    local i = 0
    while own and own[i] do
        table.insert(list, own[i])
        i = i + 1
    end
    return list
end

local function decide(txn, address, target)
    local own = txn.http:req_get_headers()
    -- Two headers of the client are enough to judge, so the others do not get there.
    local asked = { ["x-forwarded-for"] = { txn.sf:src() } }
    for _, name in ipairs({ "authorization", "cookie" }) do
        local list = values(own, name)
        if #list > 0 then
            asked[name] = list
        end
    end
    local request = { url = "http://" .. address .. target, headers = asked, timeout = WAIT_MS }
    local is_there, answer = pcall(function()
        return core.httpclient():get(request)
    end)
    local status = is_there and answer and answer.status or 0
    local said = status > 0 and answer.headers or {}

    if status == 200 then
        for _, name in ipairs(TOLD) do
            local value = values(said, name)[1]
            if value then
                txn.http:req_set_header(name, value)
            end
        end
        local token = values(said, "x-symbolon-token")[1]
        if token then
            txn:set_var("txn.symbolon_token", token)
        end
        return
    end

    -- 400 and 431: what it cannot read, or not to its end. That is the client's fault, and is no better later.
    local is_refusal = status == 400 or status == 401 or status == 403 or status == 431
    local headers = {}
    for _, name in ipairs(HANDED_ON) do
        headers[name] = values(said, name)[1]
    end
    if is_refusal then
        return refuse(txn, status, headers, answer.body or "")
    end
    -- Anything else, and no answer at all. A client that reads 401 logs its person out: it has to read 503.
    refuse(txn, 503, {
        ["retry-after"] = status == 503 and headers["retry-after"] or "1",
        ["content-type"] = "application/problem+json",
        ["cache-control"] = "no-store",
    }, UNDECIDED)
end

core.register_action("symbolon", { "http-req" }, decide, 2)
