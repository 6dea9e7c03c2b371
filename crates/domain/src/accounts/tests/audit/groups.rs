//! Changes of groups, and of what they are linked to.

use super::*;

pub(super) fn of_groups() -> Vec<Case> {
    vec![
        case!(CreateGroup, Target::None, None, |w| {
            let wanted = NewGroup { name: "new".into(), display_name: "New".into(), ..NewGroup::default() };
            w.directory.create_group(permit(&w.root, None)?, &w.root, wanted, &[], &w.origin).await
        }),
        case!(DeleteGroup, Target::None, None, |w| w.directory.delete_group(permit(&w.root, None)?, &w.root, &group(), &w.origin).await),
        case!(AddGroupMembers, Target::None, None, |w| {
            w.directory.add_to_group(permit(&w.root, None)?, &w.root, &group(), &[user("ada")], &w.origin).await
        }),
        case!(DeleteGroupMembers, Target::None, None, |w| {
            w.directory.take_out_of_group(permit(&w.root, None)?, &w.root, &group(), &[user("bob")], &w.origin).await
        }),
        case!(LinkGroupSyncableForTeam, Target::None, None, |w| {
            type Link = operations::LinkGroupSyncableForTeam;
            w.directory.link_group::<Link>(&w.root, &group(), &Place::Team(team()), true, &w.origin).await
        }),
        case!(UnlinkGroupSyncableForTeam, Target::None, None, |w| {
            type Unlink = operations::UnlinkGroupSyncableForTeam;
            w.directory.link_group::<Unlink>(&w.root, &group(), &Place::Team(team()), false, &w.origin).await
        }),
        case!(LinkGroupSyncableForChannel, Target::None, None, |w| {
            type Link = operations::LinkGroupSyncableForChannel;
            w.directory.link_group::<Link>(&w.root, &group(), &Place::Channel(channel()), true, &w.origin).await
        }),
        case!(UnlinkGroupSyncableForChannel, Target::None, None, |w| {
            type Unlink = operations::UnlinkGroupSyncableForChannel;
            w.directory.link_group::<Unlink>(&w.root, &group(), &Place::Channel(fixture::id("d")), false, &w.origin).await
        }),
    ]
}
