//! The directory, asked directly for what no packet shows at once.

use super::*;

#[test]
fn prefixes_stay_with_a_node_that_gets_another_name() {
    let (agent, other) = (Ipv4Addr::new(198, 51, 100, 1), Ipv4Addr::new(198, 51, 100, 2));
    let mut directory = Directory::new(8, 0);
    let node = directory.at(agent, Ipv4Addr::new(10, 1, 0, 1));
    directory.give_prefix(node, Prefix::covering(Ipv4Addr::new(10, 2, 0, 0).into(), 24));
    let host = Ipv4Addr::new(10, 2, 0, 7).into();
    directory.give_nai(node, b"mn@example.org");
    assert!(directory.behind(agent, host).eq([&[node][..]]));
    let changes = directory.prefix_changes;
    directory.rename(node, other, Some(Ipv4Addr::new(10, 1, 0, 2)), true);
    assert_eq!(directory.behind(agent, host).next(), None);
    assert!(directory.behind(other, host).eq([&[node][..]]));
    assert_ne!(directory.prefix_changes, changes);
}

/// Five routers with one network: the first of them has it no longer, and who is given it again comes first.
#[test]
fn the_latest_nodes_share_a_prefix() {
    let agent = Ipv4Addr::new(198, 51, 100, 1);
    let mut directory = Directory::new(8, 0);
    let network = Prefix::covering(Ipv4Addr::new(10, 2, 0, 0).into(), 24);
    let host = Ipv4Addr::new(10, 2, 0, 7).into();
    let routers = [1, 2, 3, 4, 5].map(|last| directory.at(agent, Ipv4Addr::new(10, 1, 0, last)));
    for router in routers {
        directory.give_prefix(router, network);
    }
    directory.give_prefix(routers[2], network);
    let [first, second, third, fourth, fifth] = routers;
    assert!(directory.behind(agent, host).eq([&[third, fifth, fourth, second][..]]));
    assert!(directory.nodes[first as usize].prefixes().is_empty());
    assert_eq!(directory.nodes[second as usize].prefixes(), [network]);
    directory.rename(fourth, Ipv4Addr::new(198, 51, 100, 2), Some(Ipv4Addr::new(10, 1, 0, 4)), true);
    assert!(directory.behind(agent, host).eq([&[third, fifth, second][..]]));
}

#[test]
fn what_finds_no_room_is_counted() {
    let mut directory = Directory::new(8, 0);
    let node = directory.at(Ipv4Addr::new(198, 51, 100, 1), Ipv4Addr::new(10, 1, 0, 1));
    for third in 0..=255u8 {
        let prefix = Prefix::covering(Ipv4Addr::new(10, 2, third, 0).into(), 24);
        directory.give_prefix(node, prefix);
        directory.give_prefix(node, prefix);
    }
    assert_eq!(directory.no_room, 0);
    directory.give_prefix(node, Prefix::covering(Ipv4Addr::new(10, 3, 0, 0).into(), 24));
    assert_eq!(directory.no_room, 1);
    assert_eq!(directory.nodes[0].prefixes().len(), 256);
}
