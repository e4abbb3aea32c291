use clap::Subcommand;

/// `symbolon node …`
#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// List the nodes that share the store, with their leases and positions
    List,
    /// Evict a node that is gone, so that revocations do not wait for it
    Evict {
        /// Its name, or its incarnation where several starts have one name
        node: String,
        /// I have looked: its process is gone
        #[arg(long)]
        i_checked: bool,
    },
}
