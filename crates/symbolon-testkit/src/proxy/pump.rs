use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::trigger::{Passed, Trigger};
use super::{Fault, Setting, Shared, Way};

/// How a connection ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// Both sides have said all.
    Orderly,
    /// With a reset for the client alone.
    Cut,
    /// With a reset for both.
    Reset,
}

/// A server that says nothing for so long has answered all that it was sent.
const ANSWERED: Duration = Duration::from_millis(40);
/// How much is read at once.
const PIECE: usize = 16 * 1024;

/// Moves bytes both ways until the connection ends.
pub(super) async fn both(client: &mut TcpStream, server: &mut TcpStream, shared: &Shared) -> End {
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let armed = watch::Sender::new(false);
    let up = Pump::new(Way::Up, shared, &armed);
    let down = Pump::new(Way::Down, shared, &armed);
    match tokio::try_join!(up.run(from_client, to_server), down.run(from_server, to_client)) {
        Ok(_) => End::Orderly,
        Err(end) => end,
    }
}

/// One direction of one connection.
struct Pump<'a> {
    way: Way,
    shared: &'a Shared,
    settings: watch::Receiver<Setting>,
    fault: Fault,
    /// Whether the answers of this connection are to be lost.
    armed: &'a watch::Sender<bool>,
    passed: Passed,
    /// Bytes of it have vanished.
    lossy: bool,
}

impl<'a> Pump<'a> {
    fn new(way: Way, shared: &'a Shared, armed: &'a watch::Sender<bool>) -> Self {
        let mut settings = shared.setting.subscribe();
        let fault = settings.borrow_and_update().fault.clone();
        Self {
            way,
            shared,
            settings,
            fault,
            armed,
            passed: Passed::default(),
            lossy: false,
        }
    }

    async fn run(mut self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> Result<(), End> {
        let mut armed = self.armed.subscribe();
        let mut piece = vec![0; PIECE];
        loop {
            self.obey()?;
            let moves = !self.stands();
            // All three may be given up and waited for anew: a read that was given up has read nothing.
            let length = tokio::select! {
                biased;
                changed = self.settings.changed() => {
                    changed.map_err(|_| End::Reset)?;
                    continue;
                }
                () = is_set(&mut armed), if self.way == Way::Down => {
                    return Err(self.lose_answers(from).await);
                }
                length = from.read(&mut piece), if moves => length.map_err(|_| End::Reset)?,
            };
            if length == 0 {
                return self.finish(to).await;
            }
            self.pass(&mut to, &mut piece[..length]).await?;
        }
    }

    /// Takes the setting that holds now.
    fn obey(&mut self) -> Result<(), End> {
        let fault = self.settings.borrow_and_update().fault.clone();
        if fault != self.fault {
            self.passed.clear();
            self.fault = fault;
        }
        let ends = matches!(self.fault, Fault::Refuse | Fault::Reset);
        if ends || (self.lossy && !self.vanishes()) {
            self.shared.count();
            return Err(End::Reset);
        }
        Ok(())
    }

    fn stands(&self) -> bool {
        self.fault == Fault::Freeze
    }

    fn vanishes(&self) -> bool {
        matches!(self.fault, Fault::Blackhole(way) if way.covers(self.way))
    }

    /// Does with one piece what the fault says.
    async fn pass(&mut self, to: &mut WriteHalf<'_>, piece: &mut [u8]) -> Result<(), End> {
        // The fault may have come while the piece was waited for.
        self.obey()?;
        while self.stands() {
            self.settings.changed().await.map_err(|_| End::Reset)?;
            self.obey()?;
        }
        if self.vanishes() {
            self.lossy = true;
            return Ok(());
        }
        match self.fault.clone() {
            Fault::Delay(time) => {
                sleep(time).await;
                send(to, piece).await
            }
            Fault::Corrupt(way, share) if way.covers(self.way) => {
                self.corrupt(piece, share);
                send(to, piece).await
            }
            Fault::CutAfter(trigger) if self.fires(&trigger, piece) => {
                send(to, piece).await?;
                Err(End::Cut)
            }
            Fault::DropReplyAfter(trigger) if self.fires(&trigger, piece) => {
                // Before it is sent: its answer must find this said.
                self.armed.send_replace(true);
                send(to, piece).await
            }
            _ => send(to, piece).await,
        }
    }

    fn corrupt(&self, piece: &mut [u8], share: u32) {
        let chance = &self.shared.chance;
        if chance.below(1_000) < u64::from(share) {
            let place = usize::try_from(chance.below(piece.len() as u64)).unwrap_or(0);
            // Not zero: the byte becomes another.
            piece[place] ^= u8::try_from(1 + chance.below(255)).unwrap_or(1);
            self.shared.count();
        }
    }

    fn fires(&mut self, trigger: &Trigger, piece: &[u8]) -> bool {
        let found = if self.way == Way::Up {
            self.passed.count(trigger, piece)
        } else {
            0
        };
        (0..found).any(|_| self.shared.chance.below(trigger.chances()) == 0)
    }

    /// Reads the answers of a connection whose trigger fired, and gives them to nobody: until there were some and no
    /// more come.
    async fn lose_answers(&self, mut from: ReadHalf<'_>) -> End {
        self.shared.count();
        let mut lost = vec![0; PIECE];
        if matches!(from.read(&mut lost).await, Ok(1..)) {
            while let Ok(Ok(1..)) = timeout(ANSWERED, from.read(&mut lost)).await {}
        }
        End::Reset
    }

    /// One side has said all: the other is told, unless that vanishes too.
    async fn finish(&mut self, mut to: WriteHalf<'_>) -> Result<(), End> {
        while self.vanishes() || self.stands() {
            self.settings.changed().await.map_err(|_| End::Reset)?;
            self.obey()?;
        }
        to.shutdown().await.map_err(|_| End::Reset)
    }
}

/// Waits until it is set, for ever if that cannot be any more.
async fn is_set(armed: &mut watch::Receiver<bool>) {
    if armed.wait_for(|armed| *armed).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn send(to: &mut WriteHalf<'_>, piece: &[u8]) -> Result<(), End> {
    to.write_all(piece).await.map_err(|_| End::Reset)
}
