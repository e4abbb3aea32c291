//! The contract of every store, on a file, in memory, and in PostgreSQL.

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
    symbolon_testkit::census_contract!(crate::it::contract::on_a_file::open);
    symbolon_testkit::mirrored_contract!(crate::it::contract::on_a_file::open);
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
    symbolon_testkit::census_contract!(crate::it::contract::in_memory::open);
}

mod in_postgres {
    use std::sync::Arc;

    use symbolon_store_sql::SqlStore;
    use symbolon_testkit::contract::Recorded;
    use symbolon_testkit::servers::Postgres;

    use crate::it::on_server::server_options;

    pub(crate) async fn open(sink: Arc<Recorded>) -> (SqlStore, ()) {
        let server = Postgres::shared();
        let options = server_options(&server.url_of(&server.schema()), sink);
        let (store, _) = SqlStore::open_server(options).unwrap();
        (store, ())
    }

    symbolon_testkit::store_contract!(crate::it::contract::in_postgres::open);
    symbolon_testkit::census_contract!(crate::it::contract::in_postgres::open);
    symbolon_testkit::mirrored_contract!(crate::it::contract::in_postgres::open);
}

mod in_mariadb {
    use std::sync::Arc;

    use symbolon_store_sql::SqlStore;
    use symbolon_testkit::contract::Recorded;
    use symbolon_testkit::servers::MariaDb;

    use crate::it::on_server::server_options;

    pub(crate) async fn open(sink: Arc<Recorded>) -> (SqlStore, ()) {
        let server = MariaDb::shared();
        let options = server_options(&server.url_of(&server.schema()), sink);
        let (store, _) = SqlStore::open_server(options).unwrap();
        (store, ())
    }

    symbolon_testkit::store_contract!(crate::it::contract::in_mariadb::open);
    symbolon_testkit::census_contract!(crate::it::contract::in_mariadb::open);
    symbolon_testkit::mirrored_contract!(crate::it::contract::in_mariadb::open);
}
