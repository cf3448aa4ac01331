//! Generated from `wit/`: the runner's side of the wall.
#![allow(missing_docs, reason = "documented in wit/")]
#![allow(clippy::all, unreachable_pub, reason = "generated code")]

// Only what waits for the network is async: a suspension costs more than the
// whole of the other calls. `trappable` lets a broken limit end the cell.
wasmtime::component::bindgen!({
    path: "../wit",
    world: "adapter",
    imports: {
        "hotcell:adapter/egress.[static]endpoint.named": trappable,
        "hotcell:adapter/egress.[method]endpoint.send": async | trappable,
        "hotcell:adapter/egress.[method]response.status": trappable,
        "hotcell:adapter/egress.[method]response.headers": trappable,
        "hotcell:adapter/egress.[method]response.read": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    with: {
        "hotcell:adapter/egress.endpoint": crate::cell::Endpoint,
        "hotcell:adapter/egress.response": crate::cell::Response,
    },
    additional_derives: [Clone, PartialEq, serde::Serialize, serde::Deserialize],
});
