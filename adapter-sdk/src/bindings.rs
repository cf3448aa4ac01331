//! Generated from `wit/`. Authors use the names that the crate root gives
//! them; a hostile test uses these.
#![allow(missing_docs, reason = "documented in wit/")]
#![allow(unsafe_code, reason = "the canonical ABI passes pointers")]
#![allow(clippy::all, reason = "generated code")]
#![allow(unreachable_pub, rust_2018_idioms, reason = "generated code")]

/// What every adapter imports.
pub mod imports {
    wit_bindgen::generate!({
        path: "../wit",
        world: "imports",
        additional_derives: [PartialEq, Clone],
        generate_unused_types: true,
    });
}

/// The export of `hotcell:adapter/chat`.
pub mod chat {
    wit_bindgen::generate!({
        path: "../wit",
        world: "chat-adapter",
        with: {
            "hotcell:adapter/types@0.1.0": crate::bindings::imports::hotcell::adapter::types,
            "hotcell:adapter/egress@0.1.0": crate::bindings::imports::hotcell::adapter::egress,
            "hotcell:adapter/settings@0.1.0": crate::bindings::imports::hotcell::adapter::settings,
            "hotcell:adapter/log@0.1.0": crate::bindings::imports::hotcell::adapter::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_chat",
        default_bindings_module: "hotcell_sdk::bindings::chat",
    });
}

/// The export of `hotcell:adapter/embeddings`.
pub mod embeddings {
    wit_bindgen::generate!({
        path: "../wit",
        world: "embeddings-adapter",
        additional_derives: [PartialEq, Clone],
        with: {
            "hotcell:adapter/types@0.1.0": crate::bindings::imports::hotcell::adapter::types,
            "hotcell:adapter/egress@0.1.0": crate::bindings::imports::hotcell::adapter::egress,
            "hotcell:adapter/settings@0.1.0": crate::bindings::imports::hotcell::adapter::settings,
            "hotcell:adapter/log@0.1.0": crate::bindings::imports::hotcell::adapter::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_embeddings",
        default_bindings_module: "hotcell_sdk::bindings::embeddings",
    });
}

/// The export of `hotcell:adapter/models`.
pub mod models {
    wit_bindgen::generate!({
        path: "../wit",
        world: "models-adapter",
        additional_derives: [PartialEq, Clone],
        with: {
            "hotcell:adapter/types@0.1.0": crate::bindings::imports::hotcell::adapter::types,
            "hotcell:adapter/egress@0.1.0": crate::bindings::imports::hotcell::adapter::egress,
            "hotcell:adapter/settings@0.1.0": crate::bindings::imports::hotcell::adapter::settings,
            "hotcell:adapter/log@0.1.0": crate::bindings::imports::hotcell::adapter::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_models",
        default_bindings_module: "hotcell_sdk::bindings::models",
    });
}
