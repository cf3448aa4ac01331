//! The status page: all that there is to see, for a person and for a program.
//!
//! It is one document, without a script and with nothing of another place. It loads itself anew
//! every five seconds; `/?still` does not.

mod html;
mod inventory;
mod status;

pub(crate) use inventory::Audit;

use crate::Inner;
use crate::reply::{self, Reply};
use status::Status;
use std::sync::Arc;

const STYLE: &str = include_str!("page.css");

/// `/`
pub(crate) async fn html(gateway: &Arc<Inner>, still: bool) -> Reply {
    let status = Status::of(gateway).await;
    reply::text("text/html; charset=utf-8", html::page(&status, still).into_bytes())
}

/// `/status.css`
pub(crate) fn style() -> Reply {
    reply::text("text/css; charset=utf-8", STYLE.as_bytes().to_vec())
}

/// `/status.json`
pub(crate) async fn json(gateway: &Arc<Inner>) -> Reply {
    let status = Status::of(gateway).await;
    reply::json(200, serde_json::to_vec_pretty(&status).unwrap_or_default())
}

/// `/audit.json`
pub(crate) async fn audit(gateway: &Arc<Inner>) -> Reply {
    match gateway.seeing.audit.report(&gateway.runner).await {
        Ok(inventory) => reply::json(200, inventory.document.clone()),
        Err(why) => {
            let failure = hotcell::types::Failure::new(hotcell::types::FailureKind::Internal, why);
            reply::failure(hotcell_dialects::Dialect::OpenAiChat, &failure)
        }
    }
}
