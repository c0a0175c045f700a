//! From a frame to the UDP datagram or tunnelled packet inside it.
