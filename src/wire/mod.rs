//! The Mobile IP codec.
