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

/// The export of `hotcell:adapter/rerank`.
pub mod rerank {
    wit_bindgen::generate!({
        path: "../wit",
        world: "rerank-adapter",
        additional_derives: [PartialEq, Clone],
        with: {
            "hotcell:adapter/types@0.1.0": crate::bindings::imports::hotcell::adapter::types,
            "hotcell:adapter/egress@0.1.0": crate::bindings::imports::hotcell::adapter::egress,
            "hotcell:adapter/settings@0.1.0": crate::bindings::imports::hotcell::adapter::settings,
            "hotcell:adapter/log@0.1.0": crate::bindings::imports::hotcell::adapter::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_rerank",
        default_bindings_module: "hotcell_sdk::bindings::rerank",
    });
}

/// The export of `hotcell:adapter/tokens`.
pub mod tokens {
    wit_bindgen::generate!({
        path: "../wit",
        world: "tokens-adapter",
        additional_derives: [PartialEq, Clone],
        with: {
            "hotcell:adapter/types@0.1.0": crate::bindings::imports::hotcell::adapter::types,
            "hotcell:adapter/egress@0.1.0": crate::bindings::imports::hotcell::adapter::egress,
            "hotcell:adapter/settings@0.1.0": crate::bindings::imports::hotcell::adapter::settings,
            "hotcell:adapter/log@0.1.0": crate::bindings::imports::hotcell::adapter::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_tokens",
        default_bindings_module: "hotcell_sdk::bindings::tokens",
    });
}

/// The export of `hotcell:adapter/images`.
pub mod images {
    wit_bindgen::generate!({
        path: "../wit",
        world: "images-adapter",
        additional_derives: [PartialEq, Clone],
        with: {
            "hotcell:adapter/types@0.1.0": crate::bindings::imports::hotcell::adapter::types,
            "hotcell:adapter/egress@0.1.0": crate::bindings::imports::hotcell::adapter::egress,
            "hotcell:adapter/settings@0.1.0": crate::bindings::imports::hotcell::adapter::settings,
            "hotcell:adapter/log@0.1.0": crate::bindings::imports::hotcell::adapter::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_images",
        default_bindings_module: "hotcell_sdk::bindings::images",
    });
}

/// The export of `hotcell:adapter/speech`.
pub mod speech {
    wit_bindgen::generate!({
        path: "../wit",
        world: "speech-adapter",
        with: {
            "hotcell:adapter/types@0.1.0": crate::bindings::imports::hotcell::adapter::types,
            "hotcell:adapter/egress@0.1.0": crate::bindings::imports::hotcell::adapter::egress,
            "hotcell:adapter/settings@0.1.0": crate::bindings::imports::hotcell::adapter::settings,
            "hotcell:adapter/log@0.1.0": crate::bindings::imports::hotcell::adapter::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_speech",
        default_bindings_module: "hotcell_sdk::bindings::speech",
    });
}

/// The export of `hotcell:adapter/transcription`.
pub mod transcription {
    wit_bindgen::generate!({
        path: "../wit",
        world: "transcription-adapter",
        additional_derives: [PartialEq, Clone],
        with: {
            "hotcell:adapter/types@0.1.0": crate::bindings::imports::hotcell::adapter::types,
            "hotcell:adapter/egress@0.1.0": crate::bindings::imports::hotcell::adapter::egress,
            "hotcell:adapter/settings@0.1.0": crate::bindings::imports::hotcell::adapter::settings,
            "hotcell:adapter/log@0.1.0": crate::bindings::imports::hotcell::adapter::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_transcription",
        default_bindings_module: "hotcell_sdk::bindings::transcription",
    });
}

/// The export of `hotcell:adapter/moderation`.
pub mod moderation {
    wit_bindgen::generate!({
        path: "../wit",
        world: "moderation-adapter",
        additional_derives: [PartialEq, Clone],
        with: {
            "hotcell:adapter/types@0.1.0": crate::bindings::imports::hotcell::adapter::types,
            "hotcell:adapter/egress@0.1.0": crate::bindings::imports::hotcell::adapter::egress,
            "hotcell:adapter/settings@0.1.0": crate::bindings::imports::hotcell::adapter::settings,
            "hotcell:adapter/log@0.1.0": crate::bindings::imports::hotcell::adapter::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_moderation",
        default_bindings_module: "hotcell_sdk::bindings::moderation",
    });
}

/// The export of `hotcell:adapter/stored`.
pub mod stored {
    wit_bindgen::generate!({
        path: "../wit",
        world: "stored-adapter",
        additional_derives: [PartialEq, Clone],
        with: {
            "hotcell:adapter/types@0.1.0": crate::bindings::imports::hotcell::adapter::types,
            "hotcell:adapter/egress@0.1.0": crate::bindings::imports::hotcell::adapter::egress,
            "hotcell:adapter/settings@0.1.0": crate::bindings::imports::hotcell::adapter::settings,
            "hotcell:adapter/log@0.1.0": crate::bindings::imports::hotcell::adapter::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_stored",
        default_bindings_module: "hotcell_sdk::bindings::stored",
    });
}
