//! The contract of every store, on a file and in memory.

mod on_a_file {
    use std::sync::Arc;

    use symbolon_store_sql::{Place, SqlStore};
    use symbolon_testkit::contract::Recorded;
    use tempfile::TempDir;

    pub(crate) async fn open(sink: Arc<Recorded>) -> (SqlStore, TempDir) {
        let folder = TempDir::new().unwrap();
        let place = Place::File(folder.path().join("symbolon.db"));
        let (store, _) = SqlStore::open(super::options(place, sink)).unwrap();
        (store, folder)
    }

    symbolon_testkit::store_contract!(crate::it::contract::on_a_file::open);
}

mod in_memory {
    use std::sync::Arc;

    use symbolon_store_sql::{Place, SqlStore};
    use symbolon_testkit::contract::Recorded;

    pub(crate) async fn open(sink: Arc<Recorded>) -> (SqlStore, ()) {
        let (store, _) = SqlStore::open(super::options(Place::Memory, sink)).unwrap();
        (store, ())
    }

    symbolon_testkit::store_contract!(crate::it::contract::in_memory::open);
}

fn options(
    place: symbolon_store_sql::Place,
    sink: std::sync::Arc<symbolon_testkit::contract::Recorded>,
) -> symbolon_store_sql::OpenSqlite {
    symbolon_store_sql::OpenSqlite {
        place,
        key_check: symbolon_core::token::KeyCheck([1; 32]),
        now: symbolon_testkit::contract::sample::BEGIN,
        sink,
        randomness: std::sync::Arc::new(symbolon_testkit::randomness::Seeded::new(1)),
        durability: symbolon_store_sql::Durability::Full,
        pages_max: None,
    }
}
