//! The list of all promises.

/// Makes every promise of the contract a test with its own name, a minute long at most.
///
/// Takes the name of an `async fn` that gives what dereferences to an empty store: an `Arc`, or a guard that cleans up when it is
/// dropped. The store needs two connections at least; the calling crate needs `tokio` with its macros and timers.
///
/// ```text
/// async fn fresh_store() -> std::sync::Arc<MemoryStore> {
///     std::sync::Arc::default()
/// }
///
/// muster_domain::store_contract!(fresh_store);
/// ```
#[macro_export]
macro_rules! store_contract {
    ($fresh_store:ident) => {
        $crate::store_contract! { @group $fresh_store users:
            an_account_is_found_each_way,
            a_unit_of_work_finds_its_own_accounts,
            a_login_text_is_a_username_or_an_address,
            nobody_is_found_who_is_not_there,
            any_tells_whether_there_are_accounts,
            a_username_is_held_once,
            an_address_is_held_once,
            an_identity_is_held_once,
            identities_are_compared_byte_for_byte,
            an_id_is_held_once,
            ids_differ_by_letter_case,
            accounts_are_added_all_or_none,
            a_clash_within_a_batch_is_told,
            an_empty_batch_adds_nothing,
            ten_thousand_are_looked_up_at_once,
            accounts_come_in_the_order_of_bytes,
            since_leaves_out_what_did_not_change_after,
            every_field_of_an_account_is_kept,
            time_zones_are_kept_as_they_are,
            an_update_writes_all_but_what_has_statements_of_its_own,
            an_update_can_not_take_what_is_taken,
            what_is_given_up_is_free,
            epochs_grow_one_by_one,
            of_two_sign_ups_with_one_name_one_is_refused,
            no_change_of_a_locked_account_is_lost,
        }
        $crate::store_contract! { @group $fresh_store lists:
            everyone_is_listed_in_the_order_of_bytes,
            whole_accounts_are_listed,
            those_without_a_team_are_listed,
            members_of_a_team_are_listed,
            those_outside_a_team_are_listed,
            those_outside_a_constrained_team_are_in_a_linked_group,
            those_in_a_channel_are_listed,
            those_outside_a_channel_belong_to_its_team,
            those_outside_a_constrained_channel_are_in_a_linked_group,
            active_ones_in_and_outside_a_group_are_listed,
            nobody_is_in_what_is_not_there,
            a_list_comes_in_parts,
            a_rename_moves_somebody_in_every_list,
            a_unit_of_work_lists_what_it_wrote,
            what_is_written_at_once_is_listed_whole,
        }
        $crate::store_contract! { @group $fresh_store pages:
            parts_of_a_long_list_are_slices_of_it,
            parts_of_a_filtered_list_are_slices_of_it,
            parts_of_a_long_list_by_time_are_slices_of_it,
            parts_stay_right_when_people_come_and_go,
        }
        $crate::store_contract! { @group $fresh_store orders:
            members_who_were_last_active_come_first,
            who_becomes_active_comes_to_the_front,
            the_newest_accounts_come_first,
            who_joined_again_is_listed_once,
            filters_hold_of_former_members,
            those_who_are_there_come_first,
            those_who_look_after_a_channel_come_first,
            a_group_is_sorted_by_what_people_call_each_other,
            what_people_call_each_other_follows_changes,
            a_rename_moves_somebody_among_equals,
            a_list_in_any_order_comes_in_parts,
        }
        $crate::store_contract! { @group $fresh_store filters:
            active_or_deactivated_ones_are_listed,
            deactivated_ones_of_small_lists_are_filtered,
            exactly_one_role_has_no_other_beside_it,
            a_role_is_found_by_its_whole_name,
            one_way_to_have_the_right_roles_is_enough,
            what_must_be_had_counts_beside_what_is_enough,
            roles_count_as_they_are_now,
            standings_in_a_team_are_told_apart,
            standings_in_a_channel_are_told_apart,
            a_list_by_roles_comes_in_parts,
        }
        $crate::store_contract! { @group $fresh_store views:
            a_list_shows_whom_somebody_knows,
            who_is_in_no_channel_sees_nobody,
            who_is_alone_in_a_channel_sees_himself,
            acquaintances_come_and_go,
            look_ups_leave_out_strangers,
            searches_and_counts_leave_out_strangers,
            a_list_of_acquaintances_comes_in_parts,
            two_share_a_channel_that_both_are_in,
            acquaintances_are_told_by_id,
            others_in_group_channels_are_told,
        }
        $crate::store_contract! { @group $fresh_store searches:
            without_words_everybody_is_found,
            whole_accounts_are_found,
            a_word_is_found_anywhere_in_a_text,
            every_word_must_be_there,
            what_is_not_searched_finds_nobody,
            no_word_spans_two_texts,
            case_and_accents_do_not_matter,
            letters_of_all_scripts_are_found,
            short_words_are_found,
            patterns_are_plain_text,
            odd_words_are_no_failure,
            an_id_finds_its_account,
            the_exact_login_name_comes_first,
            no_more_are_found_than_wanted,
        }
        $crate::store_contract! { @group $fresh_store searches_within:
            a_search_keeps_to_its_scope,
            a_search_keeps_to_its_filter,
            what_is_found_follows_changes,
            a_unit_of_work_finds_what_it_wrote,
        }
        $crate::store_contract! { @group $fresh_store crowds:
            of_thousands_the_first_are_found,
            common_words_find_the_few_who_have_them_all,
            a_common_word_finds_the_few_that_a_filter_leaves,
            a_common_word_finds_the_few_of_a_small_place,
            of_thousands_in_a_channel_the_first_are_found,
            the_exact_login_name_comes_first_of_thousands,
            what_is_common_in_what_is_not_searched_is_no_hindrance,
        }
        $crate::store_contract! { @group $fresh_store counts:
            nobody_is_counted_at_first,
            bots_and_remote_accounts_count_where_they_are_to,
            members_count_as_long_as_they_are_members,
            active_or_deactivated_ones_are_counted,
            those_with_roles_are_counted,
            those_of_a_standing_are_counted,
            a_unit_of_work_counts_what_it_wrote,
        }
        $crate::store_contract! { @group $fresh_store surveys:
            addresses_outside_some_domains_are_found,
            patterns_in_domains_are_plain_text,
            addresses_of_people_with_passwords_count,
            addresses_outside_come_in_parts,
            ids_come_one_after_the_other,
            another_admin_is_an_active_person_here,
            a_former_admin_is_none,
        }
        $crate::store_contract! { @group $fresh_store bots:
            bots_are_listed_oldest_first,
            whole_bots_are_listed,
            deactivated_bots_are_listed_where_they_are_to,
            bots_of_an_owner_are_listed,
            bots_of_owners_that_are_gone_are_orphans,
            bots_come_in_parts,
            a_bot_is_listed_as_it_is_now,
        }
        $crate::store_contract! { @group $fresh_store removal:
            a_removed_account_is_found_no_way,
            what_a_removed_account_held_is_free,
            credentials_and_sessions_go,
            memberships_go,
            preferences_and_status_go,
            invitations_to_its_address_go,
            the_audit_of_what_it_did_goes,
            what_it_made_forgets_it,
            its_bots_stay_without_owner,
            bots_are_removed_as_anybody,
            a_dropped_removal_is_undone,
            of_removals_at_once_one_is_told_so,
        }
        $crate::store_contract! { @group $fresh_store teams:
            a_team_is_found_each_way,
            a_name_belongs_to_one_team,
            teams_in_use_are_listed,
            an_account_has_the_teams_it_belongs_to,
            who_joins_is_a_member,
            who_leaves_is_a_former_member,
            who_leaves_a_team_leaves_its_channels,
            joining_at_once_is_joining_once,
            leaving_at_once_is_leaving_once,
            members_come_by_login_name,
            places_in_teams_come_by_team,
            a_guest_is_one_of_every_place,
            who_was_no_guest_keeps_his_places,
            dropped_memberships_are_undone,
        }
        $crate::store_contract! { @group $fresh_store channels:
            a_channel_is_found_each_way,
            a_name_belongs_to_one_channel_of_a_team,
            a_taken_name_leaves_the_unit_of_work_usable,
            of_several_who_make_a_direct_channel_one_does,
            who_comes_into_a_channel_is_in_it,
            nobody_comes_twice,
            many_come_into_a_channel_at_once,
            coming_and_going_at_once_is_told_once,
            who_leaves_a_channel_may_come_back,
            members_come_by_login_name,
            an_account_has_the_channels_it_is_in,
            places_in_channels_come_by_channel,
            dropped_channels_are_undone,
        }
        $crate::store_contract! { @group $fresh_store groups:
            every_field_of_a_group_is_kept,
            a_name_belongs_to_one_group_in_use,
            groups_in_use_are_listed,
            who_is_put_into_a_group_is_in_it,
            who_is_taken_out_of_a_group_is_in_it_no_more,
            changes_of_a_group_at_once_are_told_once,
            a_removed_group_is_empty,
            a_link_is_made_and_ended_once,
            dropped_groups_are_undone,
        }
        $crate::store_contract! { @group $fresh_store invitations:
            an_invitation_is_found_by_its_token,
            a_token_belongs_to_one_invitation,
            an_invitation_is_used_up_once,
            of_fifty_at_once_one_uses_an_invitation_up,
            of_two_hundred_at_once_one_opens_an_account,
            a_dropped_use_is_none,
            old_invitations_are_purged,
        }
        $crate::store_contract! { @group $fresh_store terms:
            every_field_of_terms_is_kept,
            the_newest_terms_are_the_latest,
            an_id_belongs_to_one_text_of_terms,
        }
        $crate::store_contract! { @group $fresh_store preferences:
            what_is_remembered_comes_by_category_and_name,
            what_is_remembered_again_is_replaced,
            what_is_forgotten_is_gone,
            a_whole_batch_is_remembered_and_forgotten,
            what_the_service_keeps_is_not_counted,
            what_is_remembered_at_once_is_all_there,
            a_dropped_memory_is_none,
        }
        $crate::store_contract! { @group $fresh_store statuses:
            every_field_of_a_status_is_kept,
            statuses_come_by_id,
            a_status_takes_the_place_of_the_one_before,
            of_statuses_at_once_one_lasts,
            thousands_are_looked_up_at_once,
        }
        $crate::store_contract! { @group $fresh_store audits:
            what_an_entry_says_is_kept,
            an_entry_needs_only_the_essentials,
            entries_come_in_the_order_of_writing,
            entries_of_one_time_keep_their_order,
            no_more_entries_come_than_wanted,
            an_entry_is_written_once,
            entries_written_at_once_have_places_of_their_own,
            a_dropped_entry_is_not_written,
            what_an_account_did_is_shown,
            only_what_may_be_shown_of_ones_own_is_shown,
            what_an_account_did_comes_in_parts,
        }
        $crate::store_contract! { @group $fresh_store service:
            what_was_put_is_got,
            what_was_never_put_is_not_there,
            a_latch_keeps_its_first_value,
            a_latch_leaves_a_value_alone,
            of_latches_at_once_one_is_first,
            a_dropped_latch_is_open,
            the_global_epoch_grows_one_by_one,
            time_is_plausible,
            who_holds_a_name_holds_it_alone,
            a_dropped_unit_of_work_holds_nothing,
            a_held_name_keeps_its_value,
        }
        $crate::store_contract! { @group $fresh_store work:
            a_sign_in_fails_after_a_revocation,
            a_sign_in_fails_after_a_revocation_of_everybody,
            a_sign_in_fails_after_a_change_of_password,
            a_sign_in_and_a_revocation_at_once_leave_no_session,
            a_sign_in_and_a_revocation_of_everybody_at_once_leave_no_session,
            a_sign_in_and_a_change_of_password_at_once_leave_no_session,
            what_is_committed_is_seen,
            what_is_dropped_is_undone,
            changes_that_are_dropped_are_undone,
            a_store_outlives_dropped_units_of_work,
            a_store_outlives_refusals,
            readers_are_answered_during_a_unit_of_work,
            units_of_work_at_once_all_get_their_turn,
            sign_ins_at_once_all_succeed,
        }
        $crate::access_contract!($fresh_store);
        mod model {
            #[tokio::test(flavor = "multi_thread")]
            async fn a_store_answers_as_the_one_in_memory() {
                $crate::testkit::contract::model::compare(super::$fresh_store).await;
            }
        }
    };
    (@group $fresh_store:ident $group:ident: $($promise:ident,)*) => {
        mod $group {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $promise() {
                    let store = super::$fresh_store().await;
                    let promise = $crate::testkit::contract::$group::$promise(&*store);
                    let kept = tokio::time::timeout(std::time::Duration::from_secs(60), promise).await;
                    assert!(kept.is_ok(), "the store did not answer within a minute");
                }
            )*
        }
    };
}

mod access;
#[cfg(test)]
mod tests;
