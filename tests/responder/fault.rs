//! What can be wrong with a home agent.

use std::time::Duration;

/// What is wrong with a responder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It never answers.
    Silent,
    /// Each answer comes this much later.
    Late(Duration),
    /// The low half of the reply's Identification is another.
    WrongLowHalf,
    /// The high half of an accepted reply's Identification is another.
    WrongHighHalf,
    /// The authenticator is wrong.
    BadAuthenticator,
    /// There is no authenticator.
    NoAuthenticator,
    /// The request's Multipath extension is in the reply.
    MultipathInReply,
    /// More is granted than was asked for.
    LifetimeTooLong,
    /// The home address of the reply is another.
    WrongHomeAddress,
    /// The home agent of the reply is another.
    WrongHomeAgent,
    /// A stranger's reply comes first.
    StrangerFirst,
    /// Each reply comes twice.
    Duplicates,
    /// It takes any authenticator, and none.
    AcceptsUnsigned,
    /// It takes any Identification.
    AcceptsReplays,
    /// Its code 133 does not bring its own time.
    NoResynchronisation,
    /// It takes requests that are addressed to another home agent.
    AcceptsAnyHomeAgent,
    /// It does not know the Multipath extension, and takes it for one of two octets.
    UnknownMultipath,
    /// It refuses multipath registrations.
    MultipathNotAllowed,
    /// It takes a policy none of whose bindings exist.
    AcceptsUnknownBids,
    /// It refuses a DROP rule for its placeholder.
    RefusesDrop,
    /// O leaves the other bindings.
    OverwriteKeepsOthers,
    /// B leaves the lifetimes of the other bindings.
    BulkKeepsLifetimes,
    /// De-registering with B leaves the other bindings.
    BulkDeregistersOne,
    /// De-registering leaves the binding.
    DeregistersNothing,
    /// It drops a message for an extension of 128 to 255 that it does not know.
    DropsSkippable,
    /// It takes a message with an extension below 128 that it does not know.
    TakesNonSkippable,
    /// It accepts multipath requests with structural faults.
    AcceptsMalformed,
    /// It accepts what is too short for a request.
    AcceptsRunts,
    /// It accepts a request with an extension that runs past its end.
    AcceptsOverlong,
    /// It refuses requests whose reserved bits are set, of the flags or of a Multipath extension.
    RefusesReservedBits,
    /// It refuses requests without a Multipath extension, with a code (153) that is for those with one.
    RefusesPlain,
    /// It refuses to refresh a binding.
    RefusesRefresh,
    /// It refuses another care-of address for a binding.
    RefusesMove,
    /// It refuses a lifetime without end.
    RefusesForever,
    /// Its replies to de-registrations grant a lifetime.
    GrantsDeregistrations,
    /// It answers from another port than was asked.
    AnotherPort,
    /// It refuses Binding Identifier 254.
    RefusesBid254,
    /// It does not count the binding of the request itself among those a policy may name.
    CountsNotTheRequest,
    /// It refuses a second Flow-Binding extension.
    OneRuleOnly,
    /// It refuses selectors with ranges.
    RefusesRanges,
    /// It refuses selectors without any field.
    RefusesEmptySelector,
    /// It refuses a FORWARD rule of eight Binding Identifiers.
    RefusesEightBids,
    /// A new binding takes the place of all others.
    OneBindingOnly,
    /// De-registering one binding removes all.
    DeregistersAll,
    /// A registration that is refused for its policy leaves its binding.
    KeepsRefused,
    /// O removes the binding it came with, too.
    OverwriteRemovesItself,
    /// Bindings do not end with their lifetime.
    NeverExpires,
    /// Where it is sent what has no fields, it gives the answer before once more.
    RepeatsItself,
    /// It signs under another SPI than the request's, which is lawful.
    AnotherSpi,
    /// It refuses lifetimes under 10 seconds, which is lawful.
    RefusesShortLifetimes,
    /// It grants 2 seconds at the most, which is lawful.
    GrantsTwoSeconds,
    /// It uses nonces, which is lawful: 0, and with each reply one that is 1000 more.
    Nonces,
    /// The time that its code 133 brings is an hour ahead of its own.
    WrongResynchronisation,
    /// It takes an Identification any number of times.
    TakesTwice,
    /// The authenticator is cut off.
    CutAuthenticator,
    /// Its replies to de-registrations have no authenticator.
    NoAuthenticatorAtTheEnd,
    /// The authenticator of its replies to de-registrations is wrong.
    BadAuthenticatorAtTheEnd,
    /// It accepts registrations for no time.
    GrantsNothing,
    /// It takes padding for the end of what can be read, and refuses it.
    RefusesPadding,
    /// It refuses other encapsulations as poorly formed.
    RefusesEncapsulations,
    /// It refuses reverse tunnels as poorly formed.
    RefusesReverseTunnels,
    /// It refuses to send broadcasts.
    RefusesBroadcasts,
    /// It takes no note of a foreign agent's authenticator.
    AcceptsForeignAgents,
    /// A refresh leaves the lifetime of its binding.
    RefreshKeepsLifetime,
    /// De-registering all that a node has leaves its bindings with a Binding Identifier.
    HomeKeepsBindings,
    /// Its clock is 5 s behind, which is lawful.
    SlowClock,
    /// It wants reverse tunnelling, and refuses requests without T (RFC 3024 §4.3), which is lawful.
    NeedsReverseTunnels,
    /// Its denials have no authenticator.
    NoAuthenticatorInDenials,
    /// The authenticator of its denials is wrong.
    BadAuthenticatorInDenials,
    /// It names the home agent that was asked for where that is not itself.
    CopiesHomeAgent,
    /// The low half of the Identification is another with code 133.
    WrongLowHalfInDenials,
    /// It refuses a policy none of whose bindings exist with the code (152) that is for nodes without the privilege.
    RefusesUnknownBidsAsMultipath,
    /// It drops a policy none of whose bindings exist in silence.
    DropsUnknownBids,
    /// De-registering all leaves the binding that asks for it.
    BulkDeregistersOthers,
    /// It refuses to de-register all that a node has.
    RefusesDeregistrations,
    /// A plain binding beside others is more than it allows a node, which RFC 7629 leaves open.
    RefusesPlainBesideOthers,
    /// What follows its authenticator is no extension.
    TrailingOctets,
    /// It signs under an SPI that is reserved.
    ReservedSpi,
    /// It compares as much of the authenticator as there is.
    AcceptsShortAuthenticators,
    /// It takes its key whatever the SPI.
    AnySpi,
    /// The home address of its denials is another.
    WrongHomeAddressInDenials,
    /// The home agent of its denials is another.
    WrongHomeAgentInDenials,
    /// A node that has only a name is answered without it.
    NoName,
    /// The name stands behind the authenticator of its replies.
    NameBehindAuthenticator,
    /// The high half of the Identification is another in replies to de-registrations.
    WrongHighHalfAtTheEnd,
    /// It takes an Identification that is below the last one.
    TakesEarlier,
    /// It takes what is late by any time.
    TakesPast,
    /// It takes what is ahead by any time.
    TakesFuture,
    /// It finds bindings by their label.
    KeyedByLabel,
    /// It keeps four bits of a Binding Identifier.
    HalfIdentifiers,
    /// It accepts a reserved Binding Identifier in a FORWARD rule.
    AcceptsReservedBids,
    /// It adds a Flow-Binding extension behind the authenticator.
    PolicyBehindAuthenticator,
    /// It adds a Flow-Binding extension with a BID Count that is beyond it.
    PolicyOverrun,
    /// A refresh removes the other bindings.
    RefreshClearsOthers,
    /// De-registering a binding removes those with the care-of address of the request.
    DeregistersAddress,
    /// Plain de-registering of one address removes all.
    PlainDeregistersAll,
    /// A binding that moves keeps its care-of address.
    MoveLeavesAddress,
    /// B leaves the lifetime of the binding that it came with.
    BulkLeavesItself,
    /// A refresh for a shorter time leaves the lifetime.
    RefreshOnlyExtends,
    /// What is refused for its policy removes the bindings of the node.
    RefusalClears,
    /// It looks for the first Binding Identifier of a list only.
    FirstBidOnly,
    /// It looks for the Binding Identifiers of the first rule only.
    FirstRuleOnly,
}
