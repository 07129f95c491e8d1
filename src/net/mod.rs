//! Sockets that carry frames.
