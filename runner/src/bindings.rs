//! Generated from `wit/`: the runner's side of the wall.
#![allow(missing_docs, reason = "documented in wit/")]
#![allow(clippy::all, unreachable_pub, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "adapter",
    imports: { default: async },
    exports: { default: async },
    with: {
        "hotcell:adapter/egress.endpoint": crate::cell::Endpoint,
        "hotcell:adapter/egress.response": crate::cell::Response,
    },
    additional_derives: [Clone, PartialEq, serde::Serialize, serde::Deserialize],
});
