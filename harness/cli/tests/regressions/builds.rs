//! A build belongs to its recipe and is made in its final place.
