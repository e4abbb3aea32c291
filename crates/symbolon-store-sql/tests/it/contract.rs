//! The contract of every store, on a file and in memory.

mod on_a_file {
    use std::sync::Arc;

    use symbolon_store_sql::{Place, SqlStore};
    use symbolon_testkit::contract::Recorded;

    use crate::it::given::{Folder, options};

    pub(crate) async fn open(sink: Arc<Recorded>) -> (SqlStore, Folder) {
        let folder = Folder::new();
        let (store, _) = SqlStore::open(options(Place::File(folder.path()), sink)).unwrap();
        (store, folder)
    }

    symbolon_testkit::store_contract!(crate::it::contract::on_a_file::open);
}

mod in_memory {
    use std::sync::Arc;

    use symbolon_store_sql::{Place, SqlStore};
    use symbolon_testkit::contract::Recorded;

    use crate::it::given::options;

    pub(crate) async fn open(sink: Arc<Recorded>) -> (SqlStore, ()) {
        let (store, _) = SqlStore::open(options(Place::Memory, sink)).unwrap();
        (store, ())
    }

    symbolon_testkit::store_contract!(crate::it::contract::in_memory::open);
}
