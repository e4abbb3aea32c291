use std::fmt::Display;
use std::fs::DirBuilder;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::sync::Arc;

use symbolon_http::app::ServiceContext;
use symbolon_http::client_addr::TrustedProxies;
use symbolon_http::listen::{Gate, ListenError, ListenLimits, Listener, Tls};

use super::hello::Address;
use crate::compose::{Composition, ListenerPlan};
use crate::config::tree::Locale;
use crate::exit::{Exit, Failure};
use crate::messages::start as text;
use crate::port_holder::{self, Holder};
use crate::transport::SocketPath;

/// Connections of the operations' own listener and of the socket: these are few, and a flood elsewhere must not keep
/// them out.
const OPERATOR_CONNECTIONS_MAX: usize = 256;

/// A listener that is bound and does not accept yet.
pub(super) struct Door {
    pub(super) listener: Listener,
    pub(super) context: ServiceContext,
    /// Where it is; `None`: the socket.
    pub(super) address: Option<Address>,
}

/// Every listener of the server.
pub(super) struct Doors {
    pub(super) all: Vec<Door>,
    /// Keeps the way to the socket open, as long as the server may have to remove it.
    pub(super) socket: Option<SocketPath>,
}

impl Doors {
    /// Binds every address of the configuration.
    pub(super) fn bind(composition: &Composition<'_>, locale: Locale) -> Result<Self, Failure> {
        let tls = composition
            .tls()
            .map_err(|error| Failure::config(format!("http.tls: {error}")))?;
        let limits = ListenLimits::default();
        let gate = Arc::new(Gate::new(&limits, composition.trusted_proxies()));
        let bind = |plan: ListenerPlan| {
            // Operations speak plain HTTP: metrics and health carry no token, and probes know no certificate.
            let tls = tls.clone().filter(|_| plan.context != ServiceContext::OPERATIONS);
            match plan.context {
                ServiceContext::OPERATIONS => door(plan, operator_limits(), own_gate(), tls),
                _ => door(plan, limits.clone(), Arc::clone(&gate), tls),
            }
        };
        let bind = |plan| bind(plan).map_err(|error| refused(plan, &error, locale));
        let all = composition
            .listeners()
            .into_iter()
            .map(bind)
            .collect::<Result<_, _>>()?;
        Ok(Self { all, socket: None })
    }

    /// Adds the socket of the command line, in place of one that a killed server left. Only whoever has the store may.
    pub(super) fn with_socket(
        mut self,
        composition: &Composition<'_>,
        locale: Locale,
    ) -> Result<Self, Failure> {
        let folder = composition.data_dir();
        let fault = |why: &dyn Display| {
            let socket = folder.display();
            Failure::unavailable(format!("listen on the socket in {socket}: {why}"))
        };
        // It is there by now, but where the store is in memory or elsewhere.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| fault(&error))?;
        let path = SocketPath::of(folder).map_err(|error| fault(&error))?;
        let listener = Listener::unix(path.reached(), operator_limits(), own_gate());
        let listener = listener.map_err(|error| match error {
            ListenError::Unix { cause, .. } if cause.kind() == io::ErrorKind::AddrInUse => {
                let shown = folder.display();
                Failure::new(
                    Exit::Unavailable,
                    "in_use",
                    text::FOLDER_HELD.fill(locale, &[("folder", &shown)]),
                )
            }
            error => fault(&error),
        })?;
        self.all.push(Door {
            listener,
            context: ServiceContext::SOCKET,
            address: None,
        });
        self.socket = Some(path);
        Ok(self)
    }

    /// The addresses, with the ports that were really bound.
    pub(super) fn addresses(&self) -> Vec<Address> {
        self.all.iter().filter_map(|door| door.address).collect()
    }
}

fn operator_limits() -> ListenLimits {
    ListenLimits {
        connections_max: OPERATOR_CONNECTIONS_MAX,
        ..ListenLimits::default()
    }
}

fn own_gate() -> Arc<Gate> {
    Arc::new(Gate::new(&operator_limits(), TrustedProxies::default()))
}

fn door(
    plan: ListenerPlan,
    limits: ListenLimits,
    gate: Arc<Gate>,
    tls: Option<Tls>,
) -> Result<Door, ListenError> {
    let is_tls = tls.is_some();
    let listener = Listener::tcp(plan.addr, limits, gate)?;
    let addr = listener.local_addr().ok().flatten().unwrap_or(plan.addr);
    let listener = match tls {
        Some(tls) => listener.with_tls(tls),
        None => listener,
    };
    let address = Address {
        setting: plan.setting,
        addr,
        is_tls,
    };
    Ok(Door {
        listener,
        context: plan.context,
        address: Some(address),
    })
}

/// Why an address could not be bound, who has it, and what to do.
fn refused(plan: ListenerPlan, error: &ListenError, locale: Locale) -> Failure {
    match error {
        ListenError::Tcp { cause, .. } if cause.kind() == io::ErrorKind::AddrInUse => taken(plan, locale),
        error => {
            let failure = Failure::config(format!("{}: {error}", plan.setting));
            failure.with_details(remedy(plan, error, locale))
        }
    }
}

/// What to do about an address that the system does not give, where that is known.
fn remedy(plan: ListenerPlan, error: &ListenError, locale: Locale) -> Option<String> {
    let ListenError::Tcp { cause, .. } = error else {
        return None;
    };
    let said = match cause.kind() {
        io::ErrorKind::PermissionDenied => text::PORT_FOR_ROOT,
        io::ErrorKind::AddrNotAvailable => text::ADDRESS_ELSEWHERE,
        _ => return None,
    };
    Some(said.fill(locale, &[("setting", &plan.setting)]))
}

fn taken(plan: ListenerPlan, locale: Locale) -> Failure {
    let holder = port_holder::holder_of(plan.addr);
    let message = match &holder {
        Some(holder) => {
            let words = holder.words(locale);
            text::PORT_TAKEN.fill(locale, &[("address", &plan.addr), ("holder", &words)])
        }
        None => text::PORT_TAKEN_BY_SOMEONE.fill(locale, &[("address", &plan.addr)]),
    };
    Failure::new(Exit::Unavailable, "port_in_use", message).with_details(advice(
        plan,
        holder.as_ref(),
        locale,
    ))
}

/// The port that macOS gives to its AirPlay receiver.
const AIRPLAY_PORT: u16 = 5000;

fn advice(plan: ListenerPlan, holder: Option<&Holder>, locale: Locale) -> Vec<String> {
    let process = holder.and_then(|holder| holder.process.as_ref());
    let mut lines = Vec::new();
    if process.is_some_and(|process| process.name == crate::PROGRAM) {
        lines.push(text::IS_OURS.get(locale).to_owned());
    }
    if let Some(process) = process {
        lines.push(text::STOP_PROCESS.fill(locale, &[("pid", &process.pid)]));
    } else if plan.addr.port() == AIRPLAY_PORT {
        // Where the system does not say who it is, as on macOS.
        lines.push(text::AIRPLAY.get(locale).to_owned());
    }
    let other = SocketAddr::new(plan.addr.ip(), plan.addr.port().wrapping_add(1).max(1_024));
    let values: [(&str, &dyn Display); 3] = [
        ("variable", &plan.variable),
        ("address", &other),
        ("setting", &plan.setting),
    ];
    lines.push(text::TAKE_ANOTHER.fill(locale, &values));
    lines
}
