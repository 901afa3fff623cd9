//! What may be done that a visitor did not ask for: the one place that says so.

/// The scope that allows a visit to be measured.
pub const MEASUREMENT: &str = "measurement";
/// The scope that allows files to be fetched before they are asked for.
pub const PREFETCH: &str = "prefetch";

/// What a visitor's browser says by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Signals {
    /// `Sec-GPC: 1`: Global Privacy Control.
    pub gpc: bool,
    /// `Save-Data: on`.
    pub save_data: bool,
}

impl Signals {
    /// Reads them; `header` is asked by lower-case name.
    pub fn read<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Self {
        let is = |name, value| {
            header(name).is_some_and(|field| field.trim().eq_ignore_ascii_case(value))
        };
        Self {
            gpc: is("sec-gpc", "1"),
            save_data: is("save-data", "on"),
        }
    }
}

/// What follows from the signals and from what was agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// Files may be fetched before they are asked for.
    pub prefetch: bool,
    /// The steps of one visit may be counted together.
    pub measure: bool,
}

impl Effect {
    /// A signal against it always wins, and what the drop asks for waits until it
    /// is given.
    #[must_use]
    pub fn of<S: AsRef<str>, T: AsRef<str>>(signals: Signals, asked: &[S], agreed: &[T]) -> Self {
        let is_asked = |scope| asked.iter().any(|asked| asked.as_ref() == scope);
        let is_given = |scope| agreed.iter().any(|agreed| agreed.as_ref() == scope);
        let is_free = |scope| is_given(scope) || !is_asked(scope);
        Self {
            prefetch: !signals.gpc && !signals.save_data && is_free(PREFETCH),
            measure: !signals.gpc && is_free(MEASUREMENT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO: [&str; 0] = [];

    fn signals(fields: &[(&str, &'static str)]) -> Signals {
        Signals::read(|name| {
            let found = fields.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| *value)
        })
    }

    #[test]
    fn a_signal_always_wins() {
        let both = [MEASUREMENT, PREFETCH];
        let of = |fields: &[_]| {
            let effect = Effect::of(signals(fields), &both, &both);
            (effect.prefetch, effect.measure)
        };
        assert_eq!(of(&[]), (true, true));
        assert_eq!(of(&[("sec-gpc", "0"), ("save-data", "off")]), (true, true));
        assert_eq!(of(&[("sec-gpc", "1")]), (false, false));
        assert_eq!(of(&[("save-data", "On")]), (false, true));
    }

    #[test]
    fn what_is_asked_for_waits_until_it_is_given() {
        let of = |asked: &[&str], agreed: &[&str]| {
            let effect = Effect::of(Signals::default(), asked, agreed);
            (effect.prefetch, effect.measure)
        };
        assert_eq!(of(&NO, &NO), (true, true));
        assert_eq!(of(&[PREFETCH], &NO), (false, true));
        assert_eq!(of(&[PREFETCH], &[PREFETCH]), (true, true));
        assert_eq!(of(&[MEASUREMENT], &NO), (true, false));
        assert_eq!(of(&[MEASUREMENT], &[MEASUREMENT]), (true, true));
        assert_eq!(of(&[MEASUREMENT], &["measurement2"]), (true, false));
    }
}
