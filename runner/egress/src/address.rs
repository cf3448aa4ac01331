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

/// Judges an address. A form that carries an IPv4 address is judged by the address
/// inside: that is where the connection ends.
pub(crate) fn classify(address: IpAddr) -> Class {
    match address {
        IpAddr::V4(v4) => classify_v4(v4),
        IpAddr::V6(v6) => classify_v6(v6),
    }
}

/// The special-purpose registry of IANA (RFC 6890) and the metadata services of
/// the clouds.
fn classify_v4(v4: Ipv4Addr) -> Class {
    const METADATA: [[u8; 4]; 8] = [
        [169, 254, 169, 254], // AWS, Google, Azure and most others
        [169, 254, 170, 2],   // AWS container credentials
        [169, 254, 170, 23],  // AWS pod identity
        [169, 254, 0, 23],    // Tencent
        [169, 254, 42, 42],   // Scaleway
        [100, 100, 100, 200], // Alibaba
        [192, 0, 0, 192],     // Oracle
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
        (192, 0, 0) => Class::Private("protocol assignment"),
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => Class::Private("documentation"),
        (192, 88, 99) => Class::Private("6to4 relay"),
        (198, 18..=19, _) => Class::Private("benchmarking"),
        (224..=239, ..) => Class::Private("multicast"),
        (240..=255, ..) => Class::Private("reserved"),
        _ => Class::Public,
    }
}

fn classify_v6(v6: Ipv6Addr) -> Class {
    const METADATA: [[u16; 8]; 4] = [
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], // AWS
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23],  // AWS pod identity
        [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254],  // Google
        [0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42],   // Scaleway
    ];
    let s = v6.segments();
    if METADATA.contains(&s) {
        return Class::Metadata;
    }
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        classify_v4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        [0, 0, 0, 0, 0, 0, 0, 0] => Class::Private("unspecified"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Class::Private("loopback"),
        // IPv4-compatible, IPv4-mapped, IPv4-translated, NAT64.
        [0, 0, 0, 0, 0, 0, a, b]
        | [0, 0, 0, 0, 0, 0xffff, a, b]
        | [0, 0, 0, 0, 0xffff, 0, a, b]
        | [0x64, 0xff9b, 0, 0, 0, 0, a, b] => v4(a, b),
        [0x64, 0xff9b, 1, ..] => local_nat64(v6.octets()),
        // 6to4.
        [0x2002, a, b, ..] => v4(a, b),
        // Teredo: the server in the clear, the client with its bits turned (RFC 4380).
        [0x2001, 0, a, b, _, _, c, d] => worse(v4(a, b), v4(!c, !d)),
        // ISATAP, within a prefix of any class (RFC 5214).
        [_, _, _, _, 0 | 0x0200, 0x5efe, a, b] => worse(v4(a, b), by_prefix(s)),
        _ => by_prefix(s),
    }
}

fn by_prefix(segments: [u16; 8]) -> Class {
    match segments {
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Class::Private("documentation"),
        [0x2001, 2, 0, ..] => Class::Private("benchmarking"),
        [0x2001, 0..=0x1ff, ..] => Class::Private("protocol assignment"),
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

/// A translator of the local network's own (RFC 8215) may cut its prefix at 48, 56,
/// 64 or 96 bits, each of which puts the IPv4 address elsewhere (RFC 6052). Where
/// only the last is filled it is the last; otherwise each of them must be good.
fn local_nat64(octets: [u8; 16]) -> Class {
    let [.., p6, p7, _, p9, p10, p11, p12, p13, p14, p15] = octets;
    let at = |a, b, c, d| classify_v4(Ipv4Addr::new(a, b, c, d));
    let last = at(p12, p13, p14, p15);
    if octets[6..12].iter().all(|byte| *byte == 0) {
        return last;
    }
    [at(p6, p7, p9, p10), at(p7, p9, p10, p11), at(p9, p10, p11, p12)].into_iter().fold(last, worse)
}

fn worse(one: Class, other: Class) -> Class {
    match (one, other) {
        (Class::Metadata, _) | (_, Class::Metadata) => Class::Metadata,
        (Class::Private(class), _) | (_, Class::Private(class)) => Class::Private(class),
        (Class::Public, Class::Public) => Class::Public,
    }
}

/// Names that clouds give to their metadata services.
pub(crate) fn is_metadata_name(host: &str) -> bool {
    const NAMES: [&str; 10] = [
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "metadata.azure.com",
        "metadata.azure.internal",
        "metadata.tencentyun.com",
        "metadata.platformequinix.com",
        "api.metadata.cloud.ibm.com",
        "instance-data",
        "instance-data.ec2.internal",
    ];
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    NAMES.contains(&host.as_str()) || host.ends_with(".metadata.google.internal")
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
            ("protocol assignment", "192.0.0.8 2001:1::1 2001:20::1 2001:30::1"),
            ("documentation", "192.0.2.1 198.51.100.7 203.0.113.9 2001:db8::1 3fff::1"),
            ("benchmarking", "198.18.0.1 198.19.255.255 2001:2::1"),
            ("6to4 relay", "192.88.99.1"),
            ("multicast", "224.0.0.1 239.255.255.255 ff02::1"),
            ("reserved", "240.0.0.1 255.255.255.255 4000::1 1::1"),
            ("unspecified", "0.0.0.0 0.1.2.3 ::"),
            ("unique-local", "fc00::1 fd12:3456::1"),
            ("site-local", "fec0::1"),
            ("discard", "100::1"),
            ("segment routing", "5f00::1"),
        ];
        for (class, addresses) in table {
            for address in addresses.split(' ') {
                let parsed = address.parse().unwrap();
                assert_eq!(classify(parsed), Class::Private(class), "{address}");
            }
        }
    }

    #[test]
    fn what_carries_an_address_is_judged_by_it() {
        let table = [
            ("mapped", "::ffff:127.0.0.1 ::ffff:10.0.0.1", "::ffff:8.8.8.8"),
            ("compatible", "::10.0.0.1 ::127.0.0.1", "::8.8.8.8"),
            ("translated", "::ffff:0:10.0.0.1", "::ffff:0:8.8.8.8"),
            ("6to4", "2002:7f00:1::1 2002:c0a8:1::", "2002:808:808::1"),
            ("NAT64", "64:ff9b::10.0.0.1 64:ff9b::7f00:1", "64:ff9b::8.8.8.8"),
            (
                "NAT64, the local prefix at 96, 48, 56 and 64 bits",
                "64:ff9b:1::10.0.0.1 64:ff9b:1:0a00:0:100:: 64:ff9b:1:a:0:1:: \
                 64:ff9b:1::a:0:100:0",
                "64:ff9b:1::8.8.8.8",
            ),
            (
                "Teredo, the client and the server",
                "2001:0:808:808:0:0:80ff:fffe 2001:0:a00:1:0:0:f7f7:f7f7",
                "2001:0:808:808:0:0:f7f7:f7f7",
            ),
            (
                "ISATAP, the address and the prefix",
                "2606:4700::5efe:10.0.0.1 2606:4700::200:5efe:10.0.0.1 fe80::5efe:8.8.8.8",
                "2606:4700::5efe:8.8.8.8",
            ),
        ];
        for (form, bad, good) in table {
            for address in bad.split_whitespace() {
                let class = classify(address.parse().unwrap());
                assert!(matches!(class, Class::Private(_)), "{form}: {address} is {class:?}");
            }
            assert_eq!(classify(good.parse().unwrap()), Class::Public, "{form}: {good}");
        }
    }

    #[test]
    fn metadata_is_metadata_in_every_form() {
        for address in "169.254.169.254 fd00:ec2::254 ::ffff:169.254.169.254 ::169.254.169.254 \
             64:ff9b::a9fe:a9fe 64:ff9b:1::a9fe:a9fe 2002:a9fe:a9fe::1 100.100.100.200 \
             168.63.129.16 169.254.170.2 2001:0:a9fe:a9fe:: 2001:0:0:0:0:0:5601:5601 \
             2606:4700::5efe:a9fe:a9fe 192.0.0.192 fd00:42::42"
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
        for address in
            "1.1.1.1 8.8.8.8 104.18.6.192 172.32.0.1 2606:4700::6810:1 2001:200::1".split(' ')
        {
            assert_eq!(classify(address.parse().unwrap()), Class::Public, "{address}");
        }
    }
}
