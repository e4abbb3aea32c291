//! What a program that embeds Symbolon sees.
#![cfg(test)]

mod it {
    mod given;
    mod opening;
    mod passwords;
    mod principals;
    mod signing;
    mod tower_layer;
}
