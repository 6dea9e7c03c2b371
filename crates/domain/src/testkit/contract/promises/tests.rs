//! No promise is forgotten in the list.

const GROUPS: [(&str, &str); 32] = [
    ("access_tokens", include_str!("../access_tokens.rs")),
    ("audits", include_str!("../audits.rs")),
    ("bots", include_str!("../bots.rs")),
    ("channels", include_str!("../channels.rs")),
    ("counts", include_str!("../counts.rs")),
    ("credentials", include_str!("../credentials.rs")),
    ("crowds", include_str!("../crowds.rs")),
    ("devices", include_str!("../devices.rs")),
    ("endings", include_str!("../endings.rs")),
    ("filters", include_str!("../filters.rs")),
    ("groups", include_str!("../groups.rs")),
    ("invitations", include_str!("../invitations.rs")),
    ("lists", include_str!("../lists.rs")),
    ("orders", include_str!("../orders.rs")),
    ("pages", include_str!("../pages.rs")),
    ("preferences", include_str!("../preferences.rs")),
    ("removal", include_str!("../removal.rs")),
    ("searches", include_str!("../searches.rs")),
    ("searches_within", include_str!("../searches_within.rs")),
    ("service", include_str!("../service.rs")),
    ("sessions", include_str!("../sessions.rs")),
    ("statuses", include_str!("../statuses.rs")),
    ("surveys", include_str!("../surveys.rs")),
    ("teams", include_str!("../teams.rs")),
    ("terms", include_str!("../terms.rs")),
    ("users", include_str!("../users.rs")),
    ("views", include_str!("../views.rs")),
    ("factors", include_str!("../factors.rs")),
    ("known_devices", include_str!("../known_devices.rs")),
    ("one_time", include_str!("../one_time.rs")),
    ("outbox", include_str!("../outbox.rs")),
    ("work", include_str!("../work.rs")),
];

#[test]
fn every_promise_is_made_a_test() {
    let list = concat!(include_str!("../promises.rs"), include_str!("access.rs"));
    for (group, source) in GROUPS {
        let (_, rest) = list.split_once(&format!("@group $fresh_store {group}:")).unwrap();
        let (listed, _) = rest.split_once('}').unwrap();
        let listed: Vec<_> = listed.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        let written: Vec<_> = source.split("pub async fn ").skip(1).filter_map(|rest| rest.split_once('(')).map(|(name, _)| name).collect();
        assert_eq!(listed, written, "{group}");
    }
}
