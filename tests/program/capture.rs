//! Captures made by hand, octet by octet, for what no sample holds.

/// Raw IPv4 packets.
pub const RAW: u32 = 101;

/// A classic pcap file of these frames, a second apart from 2024-06-01T10:00:00Z.
pub fn pcap(link_type: u32, frames: &[Vec<u8>]) -> Vec<u8> {
    let whole: Vec<(Vec<u8>, usize)> = frames.iter().map(|frame| (frame.clone(), frame.len())).collect();
    cut_pcap(link_type, &whole)
}

/// As [`pcap`], of frames that had as many octets on their link as is said beside them.
pub fn cut_pcap(link_type: u32, frames: &[(Vec<u8>, usize)]) -> Vec<u8> {
    let words = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, link_type];
    let mut octets = words.map(u32::to_le_bytes).concat();
    for (second, (frame, on_link)) in (1_717_236_000..).zip(frames) {
        let [length, on_link] = [frame.len(), *on_link].map(|octets| u32::try_from(octets).unwrap());
        octets.extend([second, 0, length, on_link].map(u32::to_le_bytes).concat());
        octets.extend(frame);
    }
    octets
}

/// An IPv4 packet with a UDP datagram in it, both without checksums, from 192.0.2.10 to 198.51.100.1.
pub fn datagram(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let udp_length = u16::try_from(8 + payload.len()).unwrap();
    let mut octets = vec![0x45, 0];
    octets.extend((20 + udp_length).to_be_bytes());
    octets.extend([0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 10, 198, 51, 100, 1]);
    octets.extend([source, destination, udp_length, 0].map(u16::to_be_bytes).concat());
    octets.extend(payload);
    octets
}

/// A Registration Request for 10.1.0.1 at 192.0.2.10 for 600 seconds, with these extensions.
pub fn request(extensions: &[u8]) -> Vec<u8> {
    [&hexadecimal("012202580a010001c6336401c000020aea056fa000000000")[..], extensions].concat()
}

/// A request from this port, in two IP fragments.
pub fn fragments(port: u16) -> [Vec<u8>; 2] {
    let whole = datagram(port, 434, &request(&[]));
    // More fragments follow, then an offset of two units of eight octets.
    [(0x2000u16, 20..36), (2, 36..whole.len())].map(|(field, octets)| {
        let mut part = [&whole[..20], &whole[octets]].concat();
        let length = u16::try_from(part.len()).unwrap();
        part[2..4].copy_from_slice(&length.to_be_bytes());
        part[4..6].copy_from_slice(&port.to_be_bytes());
        part[6..8].copy_from_slice(&field.to_be_bytes());
        part
    })
}

/// The octets of hexadecimal digits; blanks between them have no meaning.
pub fn hexadecimal(digits: &str) -> Vec<u8> {
    let digits: Vec<char> = digits.chars().filter(|digit| !digit.is_whitespace()).collect();
    assert!(digits.len().is_multiple_of(2), "half an octet");
    digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
}
