//! Fixgate for people: arguments, terminal and the `libtest` view.
