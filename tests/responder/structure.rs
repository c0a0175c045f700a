//! What no request may be, as the responder sees it.

use mipflow::wire::{Content, Extension, ExtensionType, Form, Layout, Message, Multipath};

use super::fault::Fault;

/// What RFC 7629 §4.1 and §4.2 and RFC 5944 §3.3 allow no request to be.
pub fn is_poorly_formed(message: &Message<'_>, fault: Fault) -> bool {
    let is_broken =
        |extension: &Extension<'_>| extension.content().is_err() || extension.layout == Layout::FamilyAsShort;
    let multipath: Vec<Multipath> = message
        .extensions()
        .filter_map(|extension| match extension.content() {
            Ok(Content::Multipath(multipath)) => Some(multipath),
            _ => None,
        })
        .collect();
    let is_wrong = |multipath: &Multipath| {
        matches!(multipath.bid, 0 | 255) || multipath.bulk && multipath.overwrite || multipath.label == 0
    };
    let is_wrong_flow = |extension: &Extension<'_>| match extension.content() {
        Ok(Content::FlowBinding(flow)) => {
            let is_drop = u8::from(flow.action) == 0;
            let range = if is_drop { 1..=1 } else { 1..=8 };
            u8::from(flow.action) > 1
                || !range.contains(&flow.bids.len())
                || flow.ts_format == 0
                || !is_drop
                    && fault != Fault::AcceptsReservedBids
                    && flow.bids.iter().any(|bid| matches!(bid, 0 | 255))
        }
        _ => false,
    };
    let is_unnamed = |extension: &Extension<'_>| {
        extension.is_family() && !extension.is_multipath() && !extension.is_flow_binding()
    };
    message.malformed().is_some()
        || message
            .extensions()
            .any(|extension| is_broken(&extension) || is_wrong_flow(&extension) || is_unnamed(&extension))
        || multipath.len() > 1
        || multipath.iter().any(is_wrong)
        || ExtensionType(154).form(message.numbers()) != Form::Long
}
