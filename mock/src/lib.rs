//! A provider on loopback that speaks the wire formats of real ones
