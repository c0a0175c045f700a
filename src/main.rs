//! The `mipflow` command.

fn main() {}
