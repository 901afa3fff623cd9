//! The room as a whole: attacks by name, publishing, other people's metadata.

mod attacks_on_chain;
mod attacks_on_delegations;
mod attacks_on_form;
mod interop;
mod market;
mod publishing;
mod refused_submissions;
mod robustness;
mod vectors;
pub mod world;

/// Each attack spoils a world and names the error a client must answer with:
/// `name(world: start) { spoil } => pattern,`. The edge that meets the error
/// must note an incident.
macro_rules! attacks {
    ($($name:ident($world:ident: $start:expr) $spoil:block => $pattern:pat $(if $guard:expr)?,)+) => {$(
        #[test]
        fn $name() {
            let mut $world = $start;
            $spoil
            let answer = $world.visit();
            assert!(matches!(answer, Err($pattern) $(if $guard)?), "{answer:?}");
            crate::app::tests::incidents::is_noted(&answer.unwrap_err());
        }
    )+};
}
use attacks;
