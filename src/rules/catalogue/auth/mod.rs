//! Authentication (AUTH).

pub(super) mod place;
pub(super) mod presence;
