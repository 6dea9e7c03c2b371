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
        $crate::store_contract! { @group $fresh_store credentials:
            a_try_finds_the_account_each_way,
            a_try_of_an_unknown_account_finds_nothing,
            a_try_shows_the_account_before_it_is_counted,
            bots_are_not_tried,
            an_account_without_password_is_tried,
            a_deactivated_account_is_tried,
            the_limit_locks_an_account,
            each_lock_allows_one_try_and_doubles,
            no_lock_is_longer_than_the_longest,
            no_burst_gets_more_tries_than_the_limit,
            no_burst_gets_more_than_one_try_after_a_lock,
            a_try_given_back_was_not_counted,
            no_more_tries_are_given_back_than_were_counted,
            forgiving_unlocks,
            a_session_opened_forgives,
            a_try_counts_live_sessions,
            an_account_has_one_password,
            a_password_belongs_to_an_account,
            a_change_replaces_the_password,
            a_change_takes_the_place_of_a_provider,
            a_hash_is_renewed_while_it_is_the_verified_one,
            a_changed_password_is_not_renewed,
            a_try_shows_the_epochs,
            a_dropped_try_is_not_counted,
            a_removed_password_lets_nobody_in,
            a_removed_password_makes_room,
        }
        $crate::store_contract! { @group $fresh_store sessions:
            every_field_of_a_session_is_kept,
            sessions_are_of_any_kind,
            a_session_is_found_by_any_of_its_hashes,
            a_session_comes_with_its_account_as_it_is_now,
            roles_come_with_a_session,
            an_expired_session_is_still_found,
            opening_writes_down_the_sign_in,
            a_session_needs_its_guard_and_an_active_account,
            a_token_belongs_to_one_session,
            a_sign_in_goes_from_try_to_session,
        }
        $crate::store_contract! { @group $fresh_store endings:
            a_session_ends_once_and_loses_its_token,
            of_two_endings_at_once_one_does_it,
            all_sessions_of_an_account_end_but_one,
            sessions_on_a_device_end,
            the_sessions_last_active_are_kept,
            as_many_sessions_are_kept_as_wanted,
            a_touch_moves_forward_only,
            a_touch_moves_a_token_to_another_key,
            a_touch_brings_nothing_back,
            sessions_are_counted_by_key,
            old_sessions_are_purged,
            a_purge_is_bounded,
            an_ended_session_is_kept_from_its_end,
            dropped_sessions_are_undone,
        }
        $crate::store_contract! { @group $fresh_store devices:
            an_accounts_sessions_are_listed,
            ended_sessions_are_listed_with_why,
            a_session_ends_for_its_own_account_alone,
            of_sessions_on_a_device_one_may_stay,
            everybodys_sessions_end_some_at_a_time,
            sessions_end_when_their_time_is_over,
            sessions_end_that_are_not_used,
            a_device_is_attached_part_by_part,
            nothing_is_attached_to_an_ended_session,
            a_touch_may_move_the_end,
        }
        $crate::store_contract! { @group $fresh_store access_tokens:
            every_field_of_an_access_token_is_kept,
            an_access_token_is_found_by_its_text,
            an_access_token_comes_with_its_account_as_it_is_now,
            sessions_and_access_tokens_are_told_apart,
            access_tokens_come_oldest_first,
            access_tokens_are_found_by_exact_names,
            an_access_token_is_one_alone,
            an_account_has_no_more_access_tokens_than_it_may,
            of_makers_at_once_none_goes_beyond,
            an_access_token_is_switched_off_and_on,
            an_access_token_is_removed_once,
            the_use_of_an_access_token_is_kept,
            an_access_token_moves_to_another_key,
            access_tokens_are_counted_by_key,
            access_tokens_go_with_their_account,
            a_dropped_access_token_is_none,
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
            a_dropped_use_is_none,
            old_invitations_are_purged,
        }
        $crate::store_contract! { @group $fresh_store outbox:
            a_mail_is_taken_as_it_was_put,
            an_id_belongs_to_one_mail,
            a_mail_is_taken_by_one_at_a_time,
            takes_at_once_share_no_mail,
            those_are_taken_first_that_were_due_first,
            a_delivered_mail_is_wiped,
            a_failed_try_waits_for_its_time,
            a_dead_mail_can_be_tried_again,
            what_is_of_no_use_is_cut,
            ended_rows_are_purged,
            dropped_mail_is_none,
            mail_of_a_removed_account_goes,
        }
        $crate::store_contract! { @group $fresh_store one_time:
            a_token_is_found_by_its_hash,
            a_hash_belongs_to_one_token,
            a_later_token_ends_the_one_before,
            a_token_is_used_up_once,
            of_two_hundred_at_once_one_uses_a_token_up,
            of_tokens_made_at_once_one_counts,
            ended_tokens_are_of_no_use,
            a_dropped_use_leaves_the_token,
            old_tokens_go,
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
        $crate::store_contract! { @group $fresh_store factors:
            a_secret_waits_until_it_is_activated,
            a_new_secret_takes_the_place_of_the_one_that_waits,
            an_activated_secret_takes_the_place_of_the_active_one,
            of_two_activations_at_once_one_succeeds,
            a_step_is_used_once_and_no_earlier_one_after_it,
            of_many_uses_of_a_step_at_once_one_succeeds,
            a_secret_that_waits_has_no_step_to_use,
            too_many_wrong_codes_lock_for_longer_each_time,
            a_burst_of_codes_gets_no_more_tries_than_the_limit,
            a_right_code_forgives_wrong_ones,
            a_recovery_code_is_used_once_by_its_account,
            of_many_uses_of_a_recovery_code_at_once_one_succeeds,
            new_recovery_codes_take_the_place_of_old_ones,
            what_is_cleared_is_gone,
            a_change_of_the_factor_makes_sign_ins_fail_that_were_begun_before,
            secrets_are_resealed_some_at_a_time,
            a_secret_that_has_changed_is_not_resealed,
            factors_go_with_their_account,
        }
        $crate::store_contract! { @group $fresh_store known_devices:
            a_known_device_has_a_counter_of_its_own,
            a_burst_from_a_device_gets_no_more_tries_than_the_limit,
            a_device_is_known_to_its_account_alone,
            a_device_that_is_recognised_is_forgiven,
            a_try_of_a_device_is_given_back,
            the_least_used_devices_give_way,
            devices_that_were_not_used_are_purged,
            forgotten_devices_are_unknown,
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

#[cfg(test)]
mod tests;
