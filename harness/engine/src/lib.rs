//! The effects of Fixgate: loading, obtaining builds, executing, journals.
