//! What every store promises, one function for each sentence.
//!
//! A store runs them all with one line, which makes a test of each:
//! ```text
//! async fn open(sink: Arc<Recorded>) -> (MyStore, TempDir) { … }
//! symbolon_testkit::store_contract!(crate::it::contract::open);
//! ```
//! The function, named by its full path, gets the sink that the store must feed, and gives a fresh
//! store with whatever must live as long as it does (a temporary folder).
//!
//! Not reachable through the traits, and so not here: the audit record, durability over a restart.

pub mod accounts;
pub mod activity;
pub mod api_keys;
pub mod bans;
pub mod census;
pub mod confirm;
pub mod cuts;
mod fresh;
pub mod homecoming;
pub mod insert;
pub mod list;
pub mod log;
pub mod members;
pub mod proposals;
pub mod purge;
pub mod revoke;
pub mod rotation;
pub mod sample;
pub mod signing_keys;
pub mod throttle;
pub mod walk;

pub use fresh::{Fresh, Recorded};

/// Runs what a store promises besides that a node may go on without: see
/// [`Mirrored`](symbolon_core::store::Mirrored).
#[macro_export]
macro_rules! mirrored_contract {
    ($fresh:path) => {
        $crate::sentences!($fresh, homecoming: [
            a_session_comes_home_as_it_was_in_the_mirror,
            a_session_that_is_home_is_not_written_again,
            another_session_of_the_same_id_stays,
            a_cut_that_its_node_did_not_know_ends_it,
            the_log_jumps_beyond_a_position_once,
            a_member_that_is_not_there_may_not_fall_back,
        ]);
    };
}

/// Runs the whole contract against the stores that `$fresh` opens.
#[macro_export]
macro_rules! store_contract {
    ($fresh:path) => {
        $crate::sentences!($fresh, insert: [
            every_field_of_a_session_comes_back_as_it_was_written,
            a_session_of_few_words_comes_back_as_it_was_written,
            a_session_that_was_never_written_is_not_found,
            a_session_id_is_never_written_twice,
            a_session_is_issued_under_the_newest_cut,
            credentials_read_before_a_cut_issue_nothing,
            credentials_read_after_a_cut_issue_a_session,
            a_subject_at_its_limit_is_refused_and_nothing_is_written,
            a_subject_beyond_its_limit_loses_its_oldest_sessions,
            only_live_sessions_count_towards_the_limit,
            the_limit_of_one_subject_is_not_that_of_another,
            parallel_log_ins_never_pass_the_limit,
            the_session_presented_at_log_in_ends_in_the_same_step,
            the_session_presented_at_log_in_makes_room_for_the_new_one,
            a_presented_session_among_the_oldest_ends_once,
            a_presented_session_that_is_unknown_or_ended_changes_nothing,
            a_refused_log_in_leaves_the_presented_session_alive,
            a_log_in_clears_the_counter_of_its_throttle,
            sessions_are_read_in_the_order_asked_for,
        ]);
        $crate::sentences!($fresh, rotation: [
            a_rotation_writes_tokens_ends_and_place_and_nothing_else,
            a_renewal_of_the_same_generation_is_written,
            a_renewal_does_not_take_back_the_mark_of_a_first_use,
            a_rotation_from_another_generation_writes_nothing,
            a_rotation_of_an_ended_session_writes_nothing,
            a_rotation_of_a_cut_session_writes_nothing,
            a_rotation_of_an_unknown_session_writes_nothing,
            of_parallel_rotations_exactly_one_is_written,
            a_change_writes_lives_ends_and_claims_and_nothing_else,
            a_change_of_an_ended_or_unknown_session_writes_nothing,
        ]);
        $crate::sentences!($fresh, confirm: [
            a_confirmation_writes_the_proof_and_what_a_rotation_writes_and_nothing_else,
            a_confirmation_is_said_in_the_log_and_clears_the_counter,
            a_confirmation_from_another_generation_writes_nothing,
            a_confirmation_of_an_ended_cut_or_unknown_session_writes_nothing,
            of_parallel_confirmations_exactly_one_is_written,
            a_confirmation_and_a_rotation_at_the_same_time_are_not_both_written,
        ]);
        $crate::sentences!($fresh, revoke: [
            a_revocation_is_a_state_and_a_row,
            a_repeated_revocation_says_the_first_end_and_writes_nothing,
            a_revocation_of_a_cut_session_says_the_cut,
            a_revocation_of_an_unknown_session_says_so,
            of_parallel_revocations_one_is_done_and_all_name_its_row,
            parallel_revocations_of_many_sessions_are_all_written,
            a_revocation_racing_a_rotation_always_wins,
        ]);
        $crate::sentences!($fresh, cuts: [
            a_cut_ends_every_session_of_its_subject_and_no_other,
            a_cut_of_a_subject_without_sessions_is_written_too,
            a_cut_counts_only_live_sessions,
            a_cut_keeps_the_sessions_it_names,
            a_cut_that_keeps_an_ended_session_does_not_revive_it,
            a_cut_that_keeps_a_strangers_session_does_not_touch_it,
            a_session_issued_after_a_cut_is_alive,
            a_cut_of_one_kind_of_device_ends_only_those,
            a_cut_of_a_kind_of_device_that_nobody_has_writes_nothing,
            a_cut_of_everyone_ends_every_session,
            a_cut_ends_more_sessions_than_one_transaction_takes,
            the_newest_of_two_cuts_is_said,
        ]);
        $crate::sentences!($fresh, log: [
            the_rows_form_a_chain_without_gaps,
            the_log_is_read_from_a_position_and_in_pages,
            the_sink_has_every_row_in_order_before_the_answer,
            the_sink_has_every_row_in_order_under_parallel_changes,
            a_change_that_is_refused_writes_no_row,
        ]);
        $crate::sentences!($fresh, members: [
            a_member_comes_back_as_it_joined,
            joining_twice_is_joining_once,
            an_incarnation_never_gets_another_lease,
            a_heartbeat_is_counted_and_says_how_far_its_member_is,
            a_heartbeat_answers_the_stores_clock,
            a_heartbeat_of_another_number_is_not_counted,
            a_stranger_makes_no_heartbeat,
            of_two_copies_of_a_process_one_makes_the_next_heartbeat,
            an_evicted_member_makes_no_heartbeat,
            a_member_that_made_a_heartbeat_meanwhile_is_not_evicted,
            a_member_that_was_evicted_is_evicted_again,
            a_member_that_may_fall_back_is_evicted_by_an_operator_only,
            a_member_that_left_is_gone,
            a_heartbeat_and_an_eviction_at_once_are_not_both_done,
            a_page_of_the_log_has_its_ends,
            a_page_never_shows_a_head_without_its_rows,
            a_purge_leaves_the_rows_that_a_member_has_not_passed,
            a_purge_removes_members_that_were_evicted_long_ago,
        ]);
        $crate::sentences!($fresh, proposals: [
            a_lost_end_of_a_session_ends_it_again,
            a_lost_end_of_a_session_that_is_not_alive_writes_nothing,
            many_lost_ends_are_written_again_each_once,
            a_lost_cut_of_a_subject_cuts_it_again,
            a_lost_cut_keeps_what_it_kept,
            a_lost_cut_before_a_newer_one_writes_nothing,
            a_lost_cut_of_everyone_is_written_again_once,
            a_lost_word_that_something_is_stale_is_said_again_once,
            a_lost_end_of_an_api_key_ends_it_again,
            a_row_that_is_in_the_log_is_not_written_again,
        ]);
        $crate::sentences!($fresh, activity: [
            a_use_moves_the_last_use_and_the_idle_end,
            a_use_that_comes_late_moves_nothing_back,
            a_use_at_the_idle_end_does_not_revive,
            a_use_of_an_ended_or_unknown_session_is_not_written,
            the_first_use_of_a_pair_is_marked_once,
            a_use_of_another_generation_is_not_marked,
            a_wiped_nonce_is_gone_and_nothing_else,
            a_nonce_of_another_generation_is_not_wiped,
        ]);
        $crate::sentences!($fresh, list: [
            a_list_is_newest_first_and_of_one_subject,
            pages_of_a_list_join_without_gap_or_repetition,
            a_list_of_the_live_leaves_out_every_end,
        ]);
        $crate::sentences!($fresh, walk: [
            a_walk_meets_every_session_once,
            a_walk_shows_sessions_as_they_are_found,
        ]);
        $crate::sentences!($fresh, purge: [
            a_purge_removes_what_ended_long_ago_and_nothing_else,
            a_purge_removes_a_bounded_number,
            a_purge_never_removes_the_head_of_the_log,
            a_purge_leaves_a_log_without_gaps,
            a_purge_keeps_counters_of_failures_for_more_than_a_year,
            a_store_that_works_answers_the_ping,
        ]);
        $crate::sentences!($fresh, throttle: [
            a_counter_that_was_never_written_is_zero,
            a_counter_is_set_only_from_what_was_seen,
            counters_do_not_touch_each_other,
            of_64_parallel_attempts_as_many_are_admitted_as_are_free,
            of_64_parallel_attempts_none_is_lost,
        ]);
        $crate::sentences!($fresh, accounts: [
            an_account_comes_back_as_it_was_written,
            an_account_is_found_by_its_subject,
            a_taken_name_or_subject_is_not_written_again,
            only_the_first_account_is_the_first,
            of_parallel_first_accounts_exactly_one_is_written,
            accounts_are_listed_by_name_in_pages,
            a_new_password_ends_the_subjects_sessions,
            i8_log_ins_that_race_a_new_password_leave_no_session_of_the_old_one,
            a_new_password_enables_an_account_whose_password_was_disabled,
            a_password_that_is_not_the_expected_one_is_not_replaced,
            a_new_password_keeps_the_session_it_names_with_its_new_pair,
            a_kept_session_that_rotated_meanwhile_ends_with_the_others,
            a_hash_is_replaced_where_it_is_the_expected_one_and_nothing_else_changes,
            a_hash_that_is_not_the_expected_one_is_not_replaced,
            a_new_role_is_said_in_the_log_and_ends_nothing,
            a_disabled_account_ends_its_sessions,
            a_password_disabled_by_guessing_ends_no_session,
            a_removed_account_ends_its_sessions_and_its_cut_stays,
            nothing_is_changed_of_an_unknown_account,
        ]);
        $crate::sentences!($fresh, bans: [
            a_ban_ends_the_subjects_sessions_by_one_row,
            a_banned_subject_begins_no_session,
            a_subject_that_never_had_a_session_can_be_banned,
            a_repeated_ban_changes_its_end_and_its_note,
            a_lifted_ban_revives_nothing_and_stops_nothing,
            only_a_ban_in_force_is_lifted,
            a_ban_after_another_is_a_ban_of_its_own,
            bans_in_force_are_listed_by_their_ends_in_pages,
            a_ban_racing_log_ins_leaves_no_session,
            a_purge_removes_bans_that_ended_long_ago_and_none_in_force,
        ]);
        $crate::sentences!($fresh, api_keys: [
            a_key_comes_back_as_it_was_written,
            keys_are_listed_newest_first_also_those_that_ended,
            an_ended_key_is_said_in_the_log,
            an_unknown_key_is_not_ended,
            a_client_has_a_key_from_its_first_one_on_also_when_it_has_ended,
        ]);
        $crate::sentences!($fresh, signing_keys: [
            a_signing_key_comes_back_as_it_was_written,
            signing_keys_are_listed_oldest_first,
            a_signing_key_that_follows_another_than_the_newest_is_not_written,
            of_parallel_first_signing_keys_exactly_one_is_written,
            a_signing_key_can_revoke_the_older_ones_of_its_alg,
            every_change_of_the_signing_keys_is_said_in_the_log,
        ]);
    };
}

/// Runs what a store that counts promises, against the stores that `$fresh` opens.
#[macro_export]
macro_rules! census_contract {
    ($fresh:path) => {
        $crate::sentences!($fresh, census: [
            sessions_are_counted_without_any_that_has_ended,
            a_cut_takes_its_sessions_off_the_count_at_once,
        ]);
    };
}

/// Makes one test of each named function of a room of the contract.
#[macro_export]
#[doc(hidden)]
macro_rules! sentences {
    ($fresh:path, $room:ident: [$($sentence:ident),* $(,)?]) => {
        mod $room {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $sentence() {
                    let sink = std::sync::Arc::new($crate::contract::Recorded::default());
                    let (store, _guard) = $fresh(std::sync::Arc::clone(&sink)).await;
                    let fresh = $crate::contract::Fresh::new(store, sink);
                    $crate::contract::$room::$sentence(&fresh).await;
                }
            )*
        }
    };
}
