//! Other systems have nothing that this could be made of without rights of the administrator.

use super::{Confinement, ConfinementError, Report};

pub(super) fn apply(_: &Confinement) -> Result<Report, ConfinementError> {
    Ok(Report::missing("hotcell confines itself on Linux only, on x86-64 and aarch64"))
}
