use std::collections::HashSet;

use symbolon_core::random::draw;
use symbolon_testkit::randomness::Seeded;

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (first, second) = (Seeded::new(7), Seeded::new(7));
    let bytes: [u8; 37] = draw(&first).unwrap();
    assert_eq!(bytes, draw::<37>(&second).unwrap());
    assert_ne!(bytes, draw::<37>(&second).unwrap());
    assert_ne!(bytes, draw::<37>(&Seeded::new(8)).unwrap());
}

#[test]
fn the_bytes_are_those_of_split_mix_64() {
    // The first outputs for the seed 0, as published with the algorithm.
    let source = Seeded::new(0);
    assert_eq!(source.next(), 0xe220_a839_7b1d_cdaf);
    assert_eq!(source.next(), 0x6e78_9e6a_a1b9_65f4);
    assert_eq!(source.next(), 0x06c4_5d18_8009_454f);
}

#[test]
fn tasks_that_share_a_source_never_draw_the_same() {
    let source = Seeded::new(1);
    let drawn: HashSet<u64> = std::thread::scope(|scope| {
        let draw_many = || scope.spawn(|| (0..1_000).map(|_| source.next()).collect::<Vec<_>>());
        let threads: Vec<_> = (0..4).map(|_| draw_many()).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(drawn.len(), 4_000);
}
