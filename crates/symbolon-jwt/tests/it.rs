//! Signed tokens, through the public methods.
#![cfg(test)]

mod it {
    mod corpus;
    mod corpus_claims;
    mod fuzz;
    mod given;
    mod jwks;
    mod keys;
    mod ring;
    mod text;
}
