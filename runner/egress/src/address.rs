//! Which addresses egress connects to: those of the public Internet, and others
//! only where a person said so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Public,
    /// Refused unless the provider is configured with `allow-private`.
    Private(&'static str),
    /// Always refused.
    Metadata,
}

/// Judges an address. A form that carries an IPv4 address is judged by the
/// address inside, and is never better than private itself, since a public
/// provider has no reason to use one.
pub(crate) fn classify(address: IpAddr) -> Class {
    match address {
        IpAddr::V4(v4) => classify_v4(v4),
        IpAddr::V6(v6) => classify_v6(v6),
    }
}

/// The special-purpose registry of IANA (RFC 6890), as design demands it.
fn classify_v4(v4: Ipv4Addr) -> Class {
    const METADATA: [[u8; 4]; 5] = [
        [169, 254, 169, 254], // AWS, Google, Azure and most others
        [169, 254, 170, 2],   // AWS container credentials
        [169, 254, 170, 23],  // AWS pod identity
        [100, 100, 100, 200], // Alibaba
        [168, 63, 129, 16],   // Azure's host agent, a public number
    ];
    if METADATA.contains(&v4.octets()) {
        return Class::Metadata;
    }
    let [a, b, c, _] = v4.octets();
    match (a, b, c) {
        (0, ..) => Class::Private("unspecified"),
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => Class::Private("private"),
        (100, 64..=127, _) => Class::Private("carrier-grade NAT"),
        (127, ..) => Class::Private("loopback"),
        (169, 254, _) => Class::Private("link-local"),
        (192, 0, 0) => Class::Private("protocol assignments"),
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => Class::Private("documentation"),
        (192, 88, 99) => Class::Private("6to4 relay"),
        (198, 18..=19, _) => Class::Private("benchmarking"),
        (224..=239, ..) => Class::Private("multicast"),
        (240..=255, ..) => Class::Private("reserved"),
        _ => Class::Public,
    }
}

fn classify_v6(v6: Ipv6Addr) -> Class {
    if v6 == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
        || v6 == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)
        || v6 == Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)
    {
        return Class::Metadata;
    }
    let s = v6.segments();
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match s {
        [0, 0, 0, 0, 0, 0, 0, 0] => Class::Private("unspecified"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Class::Private("loopback"),
        [0, 0, 0, 0, 0, 0, a, b] => inside(v4(a, b), "IPv4-compatible"),
        [0, 0, 0, 0, 0, 0xffff, a, b] => inside(v4(a, b), "IPv4-mapped"),
        [0, 0, 0, 0, 0xffff, 0, a, b] => inside(v4(a, b), "IPv4-translated"),
        [0x64, 0xff9b, 0, 0, 0, 0, a, b] => inside(v4(a, b), "NAT64"),
        // The local-use prefix puts the address in different places (RFC 6052).
        [0x64, 0xff9b, 1, b, c, d, e, f] => {
            worst([v4(e, f), v4(b, c), v4(c, d), v4(d, e)], "NAT64")
        }
        [0x2002, a, b, ..] => inside(v4(a, b), "6to4"),
        // Server in the clear, client with its bits turned (RFC 4380).
        [0x2001, 0, a, b, _, _, c, d] => worst([v4(a, b), v4(!c, !d)], "Teredo"),
        [_, _, _, _, 0 | 0x0200, 0x5efe, a, b] => inside(v4(a, b), "ISATAP"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Class::Private("documentation"),
        [0x2001, 2, 0, ..] => Class::Private("benchmarking"),
        [0x2001, 0x10..=0x3f, ..] => Class::Private("ORCHID"),
        [0x100, 0, 0, 0..=1, ..] => Class::Private("discard"),
        [0x5f00, ..] => Class::Private("segment routing"),
        [0xfc00..=0xfdff, ..] => Class::Private("unique-local"),
        [0xfe80..=0xfebf, ..] => Class::Private("link-local"),
        [0xfec0..=0xfeff, ..] => Class::Private("site-local"),
        [0xff00..=0xffff, ..] => Class::Private("multicast"),
        // Only 2000::/3 is given out to the public Internet.
        [0x2000..=0x3fff, ..] => Class::Public,
        _ => Class::Private("reserved"),
    }
}

fn inside(v4: Ipv4Addr, form: &'static str) -> Class {
    worst([v4], form)
}

fn worst<const N: usize>(carried: [Ipv4Addr; N], form: &'static str) -> Class {
    if carried.iter().any(|v4| classify_v4(*v4) == Class::Metadata) {
        return Class::Metadata;
    }
    Class::Private(form)
}

/// Names that clouds give to their metadata services.
pub(crate) fn is_metadata_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    ["metadata.google.internal", "metadata.goog", "metadata", "instance-data", "metadata.azure.com"]
        .contains(&host.as_str())
        || host.ends_with(".metadata.google.internal")
        || host == "instance-data.ec2.internal"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_the_design_is_judged() {
        let table = [
            ("private", "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1"),
            ("carrier-grade NAT", "100.64.0.1 100.127.255.255"),
            ("loopback", "127.0.0.1 127.255.255.254 ::1"),
            ("link-local", "169.254.0.1 fe80::1 febf::1"),
            ("protocol assignments", "192.0.0.8"),
            ("documentation", "192.0.2.1 198.51.100.7 203.0.113.9 2001:db8::1 3fff::1"),
            ("benchmarking", "198.18.0.1 198.19.255.255 2001:2::1"),
            ("multicast", "224.0.0.1 239.255.255.255 ff02::1"),
            ("reserved", "240.0.0.1 255.255.255.255 4000::1"),
            ("unspecified", "0.0.0.0 0.1.2.3 ::"),
            ("unique-local", "fc00::1 fd12:3456::1"),
            ("site-local", "fec0::1"),
            ("discard", "100::1"),
            ("IPv4-mapped", "::ffff:127.0.0.1 ::ffff:8.8.8.8"),
            ("IPv4-compatible", "::10.0.0.1 ::8.8.8.8"),
            ("6to4", "2002:7f00:1::1 2002:808:808::1"),
            ("Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
            ("NAT64", "64:ff9b::10.0.0.1 64:ff9b::8.8.8.8 64:ff9b:1::1"),
            ("ISATAP", "2001:db9::5efe:10.0.0.1 2001:db9::200:5efe:10.0.0.1"),
        ];
        for (class, addresses) in table {
            for address in addresses.split(' ') {
                let parsed = address.parse().unwrap();
                assert_eq!(classify(parsed), Class::Private(class), "{address}");
            }
        }
    }

    #[test]
    fn metadata_is_metadata_in_every_form() {
        for address in "169.254.169.254 fd00:ec2::254 ::ffff:169.254.169.254 ::169.254.169.254 \
             64:ff9b::a9fe:a9fe 64:ff9b:1::a9fe:a9fe 2002:a9fe:a9fe::1 100.100.100.200 \
             168.63.129.16 169.254.170.2 2001:0:a9fe:a9fe:: 2001:0:0:0:0:0:5601:5601"
            .split_whitespace()
        {
            assert_eq!(classify(address.parse().unwrap()), Class::Metadata, "{address}");
        }
        for name in ["metadata.google.internal", "METADATA.google.internal.", "instance-data"] {
            assert!(is_metadata_name(name), "{name}");
        }
        assert!(!is_metadata_name("metadata.example.com"));
    }

    #[test]
    fn ordinary_addresses_are_public() {
        for address in ["1.1.1.1", "8.8.8.8", "104.18.6.192", "172.32.0.1", "2606:4700::6810:1"] {
            assert_eq!(classify(address.parse().unwrap()), Class::Public, "{address}");
        }
    }
}
