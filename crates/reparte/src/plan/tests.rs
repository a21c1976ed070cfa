//! The plan's behaviour, as golden scripts.
//!
//! A script has events and, indented, the actions that the plan asks for. The
//! scripts are read as documentation, and compared letter by letter. With
//! `BLESS=1` in the environment they are written anew, to be read before they
//! are kept.
//!
//! | line | meaning |
//! | --- | --- |
//! | `servers 1 4` | the slots of each server, first; `s4`: it can be probed; `l1`: its slots are learnt so; `r1`: it is in reserve |
//! | `h4`, `w@0` | a host of 4 slots, which reports its status; a worker of server 0 |
//! | `begin 3 1 20` | worker 1 has been at work on call 3 for 20 ms |
//! | `option read_ahead 2` | or `max_attempts`, `max_fault_attempts`, `limit_medians`; `outage`, `limit` in ms or `none`; `retry_faults none`, `all` or codes |
//! | `at 20` | it is now 20 ms |
//! | `send 0 1` | these tasks are sent, if the plan accepts them; `2*50`: task 2, of cost 50 |
//! | `end 3 ok` | a call returns, with a result or with a kind of error |
//! | `status 0 7 4` | server 0 reports instance 7 and 4 slots; `status 0 7 4 60000`: and that it ends in 60 s |
//! | `reached 0`, `silent 0 unreachable` | it accepts connections, and reports nothing; or not even that |
//! | `join s1`, `leave 0`, `drop 0`, `cancel 3` | servers are added, removed and dropped; a task is cancelled |
//! | `wake` | the plan's next timer fires; `woken`: a timer fires now |
//! | `closed`, `stopped`, `abandoned` | no more tasks; no more calls; no result is wanted |
//! | `journal-failed` | the journal can't be written |
//! | `window-full`, `window-open` | the results that the caller has not been given fill its window, or no longer |

mod read;
pub(crate) mod replay;
pub(crate) mod write;

use crate::plan::tests::replay::replay;

/// Compares a script with its replay, or writes it anew.
fn check(name: &str, script: &str) {
    let replayed = replay(script);
    if std::env::var_os("BLESS").is_some() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/plan/scripts/");
        std::fs::write(format!("{folder}{name}.txt"), replayed).unwrap();
        return;
    }
    assert!(replayed == script, "{name} goes otherwise:\n{replayed}");
}

macro_rules! scripts {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            let name = stringify!($name);
            check(name, include_str!(concat!("scripts/", stringify!($name), ".txt")));
        }
    )*};
}

scripts! {
    a_server_that_ends_as_it_has_said_costs_its_task_no_attempt
    a_dropped_server_gives_its_calls_up
    a_broken_worker_is_on_trial
    a_host_that_takes_calls_back_is_not_busy
    a_fault_of_one_worker_is_checked_by_another
    a_slow_task_is_hedged_by_another_worker
    a_slow_task_that_has_lost_a_worker_is_not_hedged
    a_time_limit_counts_from_the_begin_of_the_work
    a_call_that_a_worker_takes_over_says_that_the_first_has_died
    workers_come_and_go
    while_no_worker_is_up_each_gets_one_call_as_its_trial
    a_task_that_a_host_gives_up_fails
    a_task_goes_to_the_idlest_server
    a_dead_server_does_not_eat_the_queue
    a_retry_goes_elsewhere_first
    a_retry_goes_back_when_the_others_are_at_work_for_long
    a_fault_is_the_tasks_answer
    a_fault_is_tried_again_if_asked
    a_task_that_kills_its_servers_runs_alone_last
    a_broken_connection_is_no_death
    a_connection_that_nothing_answers_is_a_hang
    retries_wait_for_the_budget
    a_task_is_given_up_after_its_attempts
    a_busy_server_is_left_alone_as_long_as_it_asks
    a_server_that_refuses_is_out
    an_outage_ends_the_run
    an_answer_ends_the_outage
    an_outage_waits_for_calls_in_flight
    an_answer_from_a_dying_server_puts_the_outage_off
    when_the_outage_is_over_time_no_task_is_taken
    without_tasks_there_is_no_outage
    an_old_call_tells_nothing_of_a_returned_server
    with_a_read_ahead_tasks_wait
    an_abandoned_run_cancels_its_calls
    a_call_that_overruns_its_limit_is_lost
    a_cancelled_task_ends_at_once
    a_dead_server_is_taken_back_by_a_probe
    a_failed_hedge_leaves_the_first_call_alone
    a_failed_journal_ends_the_run
    a_foreign_server_is_doubted_when_its_task_takes_long
    a_foreign_server_is_probed_then_tried
    a_server_that_becomes_suspected_while_it_is_probed_has_a_trial
    a_server_that_refuses_one_call_of_several_goes_on_with_the_others
    a_server_that_refuses_its_only_call_pauses
    a_retried_fault_goes_back_once_no_other_server_can_come
    a_fault_fails_once_no_other_server_can_check_it
    a_retried_fault_without_attempts_fails_once_no_other_server_can_come
    a_full_window_lets_the_oldest_task_alone_begin
    a_full_window_leaves_slots_to_a_hedge
    a_hedge_waits_for_the_sender
    a_hung_server_is_found_and_its_task_runs_elsewhere
    a_hung_server_that_goes_on_first_keeps_its_task
    a_limit_can_rest_on_the_median
    a_restart_loses_the_calls_of_the_one_before
    a_server_without_the_function_is_out_at_the_second_task
    a_server_that_answered_unreadably_has_the_function
    a_run_without_a_server_that_takes_calls_ends
    several_instances_behind_one_address_are_no_restart
    an_instance_at_two_addresses_is_used_at_one
    an_alias_is_used_once_the_other_address_is_silent
    an_alias_is_used_once_the_other_server_leaves
    an_alias_that_reports_another_instance_is_used
    a_proxy_of_a_listed_server_makes_no_alias_of_it
    a_server_that_comes_back_as_an_alias_takes_no_calls
    a_connection_that_breaks_beside_a_call_takes_no_server_back
    a_suspect_waits_for_its_call_on_a_server_that_has_just_gone
    a_task_whose_hedge_is_given_up_has_no_other_hedge
    a_restart_without_a_broken_call_is_confirmed
    a_reserve_is_used_when_all_are_down
    a_reserve_is_used_when_all_are_out
    a_silent_server_is_left_alone
    a_wrong_answer_puts_its_server_out
    an_outage_does_not_wait_for_doubted_calls
    an_outage_waits_for_a_trial_however_long_it_takes
    a_probe_that_gets_a_wrong_answer_finds_the_server_alive
    the_first_report_of_a_server_in_use_loses_no_call
    a_failure_of_a_task_alone_is_forgotten_with_it
    a_task_fails_if_it_is_left_alone_after_its_second_chance
    a_task_that_only_a_suspected_server_had_keeps_its_second_chance
    failures_on_a_suspected_server_count_once_no_other_task_is_left
    a_result_saves_a_task_whose_last_death_is_confirmed
    a_suspect_whose_server_lives_waits_no_more
    a_run_ends_when_so_many_of_its_tasks_have_failed
    a_stopped_run_waits_for_doubted_calls_too
    a_stopped_run_gives_doubted_calls_up_after_an_outage
    a_stopped_run_waits_for_a_doubted_call_of_a_server_that_takes_connections
    a_task_that_ends_a_proxys_server_fails_if_that_reports_its_status
    a_gap_behind_a_forwarder_is_no_death
    a_failure_that_agrees_with_a_proven_servers_opens_no_case
    an_error_in_place_of_a_status_is_asked_again
    a_stopped_run_waits_for_its_calls_and_makes_no_more
    servers_join_and_leave
    slots_are_learnt
    slow_tasks_are_sent_a_second_time
    the_costliest_task_goes_first
    without_hedges_slow_tasks_are_waited_for
    an_unreadable_answer_fails_its_task_alone_on_one_server
    an_unreadable_answer_fails_its_task_alone_on_two_servers
    an_unreadable_answer_fails_its_task_alone_on_five_servers
    a_refusal_of_a_long_task_is_checked_elsewhere
    a_refusal_of_a_long_task_has_a_second_chance
    an_http_error_of_one_task_is_checked_elsewhere
    an_http_error_of_one_task_has_a_second_chance
    a_missing_function_of_one_task_is_checked_elsewhere
    a_missing_function_of_one_task_has_a_second_chance
    a_forbidden_task_is_checked_elsewhere
    a_forbidden_task_has_a_second_chance
    a_task_that_is_too_slow_fails_at_its_limit_on_one_server
    a_task_that_is_too_slow_fails_at_its_limit_on_two_servers
    a_task_that_is_too_slow_fails_at_its_limit_on_five_servers
    a_task_that_is_too_slow_is_tried_again_if_asked
    a_broken_server_is_on_trial_beside_a_good_one
    a_broken_server_is_on_trial_beside_four_good_ones
    a_broken_server_is_avoided_where_faults_are_tried_again
    tasks_that_fail_again_on_trial_prove_faults_of_every_server
    faults_of_every_server_are_believed
    faults_of_a_lone_server_are_believed
    a_fault_is_believed_once_others_have_confirmed_two
    a_proxy_without_servers_is_an_outage
    a_gap_behind_a_proxy_spends_no_second_chance
    a_second_chance_waits_for_a_result_of_a_later_call
    a_second_opinion_is_waited_for
    a_server_that_never_came_confirms_no_fault
    a_gap_shorter_than_the_outage_is_waited_for_on_one_server
    a_gap_shorter_than_the_outage_is_waited_for_on_five_servers
    a_broken_server_is_avoided_beside_a_good_one_where_faults_are_tried_again
    a_broken_server_is_avoided_beside_four_good_ones_where_faults_are_tried_again
    a_forbidden_task_is_checked_elsewhere_on_five_servers
    a_gap_behind_a_proxy_condemns_no_task_on_five_servers
    a_gap_shorter_than_the_outage_is_waited_for_on_two_servers
    a_host_that_can_not_run_the_function_is_out_beside_four_others
    a_lone_host_that_can_not_run_the_function_is_an_outage
    a_lone_server_that_refuses_while_it_boots_is_waited_for
    a_missing_function_of_one_task_is_checked_elsewhere_on_five_servers
    a_proxy_without_servers_is_an_outage_on_five_servers
    a_proxy_without_servers_is_an_outage_on_two_servers
    a_server_that_refuses_while_it_boots_is_asked_again_beside_four_others
    a_server_without_the_function_is_out_beside_four_others
    a_task_that_ends_a_proxys_server_fails_on_five_servers
    a_task_that_kills_its_servers_runs_alone_last_on_five_servers
    a_task_that_kills_its_servers_runs_alone_last_on_two_servers
    busy_servers_that_say_for_how_long_are_waited_for_on_five_servers
    busy_without_an_end_is_an_outage_on_five_servers
    busy_without_an_end_is_an_outage_on_two_servers
    several_instances_behind_two_addresses_are_no_restart
    several_instances_beside_four_servers_are_no_restart
    a_host_that_can_not_run_the_function_is_out
    a_hanging_task_has_few_calls_on_one_server
    a_hanging_task_has_few_calls_on_two_servers
    a_hanging_task_has_few_calls_on_five_servers
    a_suspect_is_isolated_though_tasks_keep_coming
    a_suspect_is_isolated_on_the_only_server_though_tasks_keep_coming
    a_gap_behind_a_proxy_condemns_no_task_on_two_servers
    a_task_that_ends_a_proxys_server_fails_on_two_servers
    checks_on_servers_without_a_result_use_up_no_attempts
    a_suspect_that_fails_in_isolation_is_no_poison
    a_suspect_that_is_turned_away_in_isolation_is_no_poison
    poison_fails_though_another_call_of_it_fails_last
    a_task_that_waits_for_a_dead_server_goes_back
    busy_without_an_end_is_an_outage
    busy_servers_that_say_for_how_long_are_waited_for
    a_server_that_refuses_while_it_boots_is_asked_again
    a_failed_hedge_ends_no_task
    a_second_call_that_is_given_up_ends_no_task
    a_gap_behind_a_proxy_strikes_no_server
    bad_tasks_alone_end_no_run
    a_lone_task_waits_for_a_proxys_server
    two_gaps_behind_a_proxy_condemn_no_task
    a_task_that_ends_a_proxys_server_fails_on_one_server
    two_gaps_behind_a_proxy_condemn_no_task_on_two_servers
    a_proxys_failure_is_no_first_failure_of_another_kind
    without_retries_a_fault_is_checked_elsewhere
    a_task_that_was_only_checked_is_not_given_up
    a_parked_task_has_its_second_chance_beside_a_long_call
    a_run_ends_after_so_many_failed_tasks
    a_held_server_takes_other_tasks_once_its_suspect_has_ended
    a_fault_of_a_suspected_server_ends_no_suspect
    a_run_that_a_share_has_halted_stays_so
    a_share_of_failed_tasks_counts_from_the_twentieth_end_on
    a_stopped_run_gives_no_second_chances
    a_fault_that_is_tried_again_is_checked_elsewhere_first
    tasks_that_are_tried_again_end_on_trial
    a_time_out_that_is_tried_again_does_not_undo_a_fault
    a_wait_beside_a_broken_server_is_told
    retries_that_are_parked_in_a_gap_are_not_paid_for
    a_last_task_that_ends_a_proxys_server_is_an_outage
    a_task_that_ends_a_proxys_server_under_a_full_window_goes_to_a_trial
    a_full_window_lets_the_next_task_begin_when_a_suspect_fails
}

/// Each contested failure that is neither a fault nor a proxy's goes as an unreadable answer
/// does; a fault too, where another server can be asked.
#[test]
fn every_failure_of_one_task_goes_as_an_unreadable_answer() {
    let one = include_str!("scripts/an_unreadable_answer_fails_its_task_alone_on_one_server.txt");
    let two = include_str!("scripts/an_unreadable_answer_fails_its_task_alone_on_two_servers.txt");
    let five =
        include_str!("scripts/an_unreadable_answer_fails_its_task_alone_on_five_servers.txt");
    let everywhere = ["http 400", "http 413", "http 500", "http 505", "panicked"];
    let once_answered = ["forbidden", "not-found"];
    let beside_others = ["fault -32601", "fault 1", "overran"];
    for (script, kinds) in [
        (one, [&everywhere[..], &once_answered].concat()),
        (
            two,
            [&everywhere[..], &once_answered, &beside_others].concat(),
        ),
        (five, [&everywhere[..], &beside_others].concat()),
    ] {
        for kind in kinds {
            let script = script.replace("malformed", kind);
            let replayed = replay(&script);
            assert!(replayed == script, "{kind} goes otherwise:\n{replayed}");
        }
    }
}
