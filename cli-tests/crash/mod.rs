//! Crashes: what was acknowledged is there afterwards, once and in order.

mod kill;
