//! Pure: what a suite needs and does not get, told before anything is begun.

use super::Values;
use crate::smoke::suite;
use app::model::{
    name::Name,
    smoke::{Flow, Suite},
    trouble::Trouble,
};
use std::collections::BTreeMap;

/// A secret that flows type and that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    pub name: String,
    /// Titles of the flows, in their order.
    pub flows: Vec<String>,
    /// It is stored, but cannot be opened: why, a clause.
    pub locked: Option<String>,
}

/// By secret: the titles of the flows that type it, in their order. A flow that cannot run needs nothing.
pub fn used_by(suite: &Suite) -> BTreeMap<&str, Vec<&Flow>> {
    let mut used = BTreeMap::<&str, Vec<&Flow>>::new();
    for flow in suite.runnable() {
        for name in suite::secrets_of(flow) {
            used.entry(name).or_default().push(flow);
        }
    }
    used
}

/// Secrets that `suite` types and `values` does not have.
pub fn missing(suite: &Suite, values: &Values) -> Vec<Missing> {
    used_by(suite)
        .into_iter()
        .filter(|(name, _)| values.secrets.get(name).is_none())
        .map(|(name, flows)| Missing {
            flows: flows.into_iter().map(|flow| flow.title.clone()).collect(),
            locked: values.locked.get(name).map(ToString::to_string),
            name: name.to_owned(),
        })
        .collect()
}

impl Missing {
    /// What a person reads of all of them.
    pub fn told(all: &[Self], environment: &Name) -> Option<Trouble> {
        let first = all.first()?;
        let sentences: Vec<_> = all.iter().map(|one| one.sentence(environment)).collect();
        let trouble = Trouble::new(sentences.join(" "));
        Some(if all.iter().any(|one| one.locked.is_some()) {
            trouble
                .remedy("Give this server the key it was encrypted with, or set the secret again.")
        } else {
            let name = &first.name;
            trouble.remedy(format!(
                "Set it: pitlane secrets set {environment} {name}, or on the page of {environment}."
            ))
        })
    }

    fn sentence(&self, environment: &Name) -> String {
        let Self { name, flows, .. } = self;
        let flows: Vec<_> = flows.iter().map(|flow| format!("“{flow}”")).collect();
        let types = if flows.len() == 1 { "types" } else { "type" };
        let flows = flows.join(", ");
        match &self.locked {
            None => {
                format!("{flows} {types} the secret `{name}`, which {environment} does not have.")
            }
            Some(why) => format!(
                "{flows} {types} the secret `{name}` of {environment}, which cannot be opened: {why}."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        smoke::{secrets::Secrets, suite::parse},
        vault::{KeyId, Locked},
    };

    fn suite() -> Suite {
        parse(
            r#"
            public_url = "http://shop.example.test"
            [[flow]]
            name = "in"
            title = "Sign in"
            steps = [{ open = "/" }, { fill = "Password", secret = "shop_password" }]
            [[flow]]
            name = "pay"
            title = "Pay"
            steps = [{ open = "/" }, { fill = "Card", secret = "card" }, { fill = "Password", secret = "shop_password" }]
            "#,
        )
        .unwrap()
    }

    fn values(secrets: &[(&str, &str)], locked: &[&str]) -> Values {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let sealed = KeyId::stored("0a".into());
        Values {
            environment: "production".parse().unwrap(),
            secrets: Secrets::new(secrets.iter().map(pair).collect()).unwrap(),
            variables: BTreeMap::new(),
            locked: locked
                .iter()
                .map(|name| {
                    let sealed = sealed.clone();
                    ((*name).to_owned(), Locked::NoKey { sealed })
                })
                .collect(),
        }
    }

    fn told(values: &Values) -> Option<String> {
        let all = missing(&suite(), values);
        Missing::told(&all, &values.environment).map(|trouble| trouble.to_string())
    }

    #[test]
    fn what_is_missing_is_told_with_its_flows_and_the_way_out() {
        insta::assert_snapshot!(told(&values(&[], &[])).unwrap(), @"“Pay” types the secret `card`, which production does not have. “Sign in”, “Pay” type the secret `shop_password`, which production does not have. Set it: pitlane secrets set production card, or on the page of production.");
        insta::assert_snapshot!(told(&values(&[("card", "4711")], &["shop_password"])).unwrap(), @"“Sign in”, “Pay” type the secret `shop_password` of production, which cannot be opened: it was encrypted with the key 0a, and this server has none. Give this server the key it was encrypted with, or set the secret again.");
        let all = values(&[("card", "4711"), ("shop_password", "open sesame")], &[]);
        assert_eq!(told(&all), None);
    }

    #[test]
    fn a_flow_that_cannot_run_needs_no_secret() {
        let mut suite = suite();
        for flow in &mut suite.flows {
            flow.invalid = vec!["line 3 is unknown".into()];
        }
        assert_eq!(missing(&suite, &values(&[], &[])), []);
    }
}
