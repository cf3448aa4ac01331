//! Hostile components that really try, one test per attempt.
//!
//! Each asserts what the adapter got, what the audit saw, and that the host goes
//! on: the next request works, in the same runner. The attempts are listed in the
//! hostile adapter; one without its test does not compile.

mod address;
mod artifact;
mod core_module;
mod echo;
mod endpoint;
mod header;
mod identity;
mod path;
mod protocol;
mod resource;
mod response;
mod stored;
mod trap;
mod wasi;
mod world;

macro_rules! tested {
    ($($group:ident $name:ident $export:ident $what:literal;)*) => {$(
        #[allow(unused_imports, reason = "it has to exist, that is all")]
        use $group::$name as _;
    )*};
}

hotcell_adapter_hostile::for_each_attempt!(tested);

/// Tests of attempts that egress refuses: each try by one of the rules.
macro_rules! denied {
    ($($name:ident: $($rule:ident)+;)*) => {$(
        #[tokio::test]
        pub(super) async fn $name() {
            let world = crate::world::World::open().await;
            world.denies(stringify!($name), &[$(hotcell::egress::Rule::$rule),+]).await;
        }
    )*};
}
pub(crate) use denied;
