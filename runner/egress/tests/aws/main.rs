//! What is signed for AWS and by whom, and what a hostile guest, provider or identity
//! service tries. Every server here is on loopback, and checks signatures as AWS does.

mod cloud;
mod identity;
mod signature;
