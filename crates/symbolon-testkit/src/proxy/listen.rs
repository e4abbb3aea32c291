use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::pump::{self, End};
use super::{Fault, Setting, Shared, Way};

/// Between two tries to take the port again: whoever holds it is about to let it go.
const PORT_PAUSE: Duration = Duration::from_millis(5);

/// Listens while the fault lets it, with a task for each connection.
pub(super) async fn run(address: SocketAddr, shared: Arc<Shared>) {
    let mut settings = shared.setting.subscribe();
    let mut connections = JoinSet::new();
    let mut listener = None;
    loop {
        let setting = settings.borrow_and_update().clone();
        match setting.fault {
            Fault::Refuse => listener = None,
            _ if listener.is_none() => listener = Some(bind(address).await),
            _ => {}
        }
        shared.obeyed.send_replace(setting.number);
        // All three may be given up and waited for anew.
        tokio::select! {
            biased;
            changed = settings.changed() => if changed.is_err() { return },
            client = accept(listener.as_ref()) => {
                connections.spawn(connection(client, Arc::clone(&shared)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn bind(address: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(_) => sleep(PORT_PAUSE).await,
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> TcpStream {
    loop {
        match listener {
            None => std::future::pending().await,
            Some(listener) => match listener.accept().await {
                Ok((client, _)) => return client,
                Err(_) => sleep(PORT_PAUSE).await,
            },
        }
    }
}

/// One connection, from its first byte to the end that the fault gives it.
async fn connection(mut client: TcpStream, shared: Arc<Shared>) {
    let mut settings = shared.setting.subscribe();
    let Some(upstream) = passage(&mut settings).await else {
        shared.count();
        return reset(&client);
    };
    let Ok(mut server) = TcpStream::connect(upstream).await else {
        return reset(&client);
    };
    let quick = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
    let end = match quick {
        Ok(()) => pump::both(&mut client, &mut server, &shared).await,
        Err(_) => End::Reset,
    };
    match end {
        End::Orderly => {}
        End::Cut => {
            shared.count();
            reset(&client);
        }
        End::Reset => {
            reset(&client);
            reset(&server);
        }
    }
}

/// Waits until a new connection can be made, and says where to; `None`: it is reset.
async fn passage(settings: &mut watch::Receiver<Setting>) -> Option<SocketAddr> {
    loop {
        let setting = settings.borrow_and_update().clone();
        match setting.fault {
            Fault::Refuse | Fault::Reset => return None,
            Fault::Freeze | Fault::Blackhole(Way::Up | Way::Both) => settings.changed().await.ok()?,
            _ => return Some(setting.upstream),
        }
    }
}

/// Makes the end of a connection an abrupt one. It fails only where the other side has ended it already.
fn reset(stream: &TcpStream) {
    drop(stream.set_zero_linger());
}
