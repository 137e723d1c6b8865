/* SPDX-License-Identifier: MIT */

/* lane_state, ready set and parking of one lane, as in core/src/lane/lane_state.hpp,
 * core/src/dispatch/parking.hpp and runner.cpp: every interleaving of PUBLISHERS publishers, each with
 * EVENTS events, and RUNNERS runners of which WORKERS may be active. spin checks the rule for lost
 * wake-ups: when nobody can take a step, every event is handled and no lane waits for a runner.
 *
 * Memory is x86's, as far as the protocol uses plain stores: what a publisher counts lies in its
 * store buffer (own) until the buffer is let out (mem), at any time, by a read-modify-write of its
 * owner, or by anybody's heavy fence. The queue's entry itself is there at once.
 *
 * With SLOW the first call is long, and known to be: it is reserved, steps out of the lane, and ends
 * when another event is handled. Turns of slow calls are left out: one is never refused here.
 * Each MUTANT_x leaves something out; tests/litmus/CMakeLists.txt lists them, and each must fail.
 */

#ifndef PUBLISHERS
#define PUBLISHERS 2
#endif
#ifndef EVENTS
#define EVENTS 1
#endif
#ifndef RUNNERS
#define RUNNERS 2
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef LIMIT
#define LIMIT 1 /* runners inside the lane */
#endif

#define TOTAL (PUBLISHERS * EVENTS)

/* The queue: entries, and the counters that decide. */
byte queued, dequeued, handled;
byte own[PUBLISHERS], mem[PUBLISHERS];

/* The lane's word, the ready set, the parking word, the semaphore. */
bit scheduled;
byte attending, inside;
bit ready;
byte parked, searching, blocked;
byte permits;
bit slow_left;

#define UNATTENDED (!scheduled && attending == 0 && inside < LIMIT)
#define ACTIVE (RUNNERS - parked - blocked)
#define NOTIFIES (searching == 0 && parked > 0 && ACTIVE < WORKERS)

inline heavy_fence() {
#ifndef MUTANT_NO_HEAVY_FENCE
    atomic {
        p = 0;
        do
        :: p < PUBLISHERS -> mem[p] = own[p]; p++
        :: else -> break
        od
    }
#else
    skip
#endif
}

/* A look, and the exchange that confirms it. */
inline try_claim(mine) {
    mine = 0;
    do
    :: !UNATTENDED -> break
    :: else ->
        atomic {
            if
            :: UNATTENDED -> scheduled = 1; mine = 1
            :: else
            fi
        }
        if
        :: mine -> break
        :: else
        fi
    od
}

inline notify() {
    do
    :: !NOTIFIES -> break
    :: else ->
        atomic {
            won = NOTIFIES;
            if
            :: won -> parked--; searching++
            :: else
            fi
        }
        if
        :: won -> permits++; break
        :: else
        fi
    od
}

inline make_ready() {
    ready = 1;
    notify()
}

inline look_again(mine) {
    mine = 0;
#ifndef MUTANT_NO_RECOUNT
    gone = dequeued;
    atomic {
        come = 0;
        p = 0;
        do
        :: p < PUBLISHERS -> come = come + mem[p]; p++
        :: else -> break
        od
    }
    if
    :: come > gone -> try_claim(mine)
    :: else
    fi
#endif
}

proctype publisher(byte me) {
    byte sent;
    bit mine, won;
    do
    :: sent < EVENTS ->
        atomic { queued++; own[me]++; sent++ }  /* E */
        try_claim(mine);                         /* L */
        if
        :: mine ->
            mem[me] = own[me];  /* the exchange emptied the buffer */
            make_ready()
        :: else
        fi
    :: else -> break
    od
}

proctype runner() {
    bit mine, won, got, seeks, sought, surplus, slow;
    byte gone, come, p;
again:
    if
    :: surplus ->
        surplus = 0;
        atomic {
            won = (ACTIVE > WORKERS);
            if
            :: won -> parked++
            :: else
            fi
        }
        if
        :: won -> goto sleep
        :: else
        fi
    :: else
    fi;
    atomic { got = ready; ready = 0 }
    if
    :: !got -> goto park
    :: else
    fi;
    if
    :: seeks || sought ->
        atomic { searching = searching - seeks; seeks = 0; sought = 0 }
        if
        :: ready -> notify()
        :: else
        fi
    :: else
    fi;
    atomic {
        scheduled = 0;
        got = inside < LIMIT;
        if
        :: got -> inside++; attending++
        :: else
        fi
    }
    if
    :: !got -> goto again
    :: else
    fi;
    do
    :: atomic {
            slow = slow_left;
            if
            :: slow -> blocked++  /* try_enter_blocked */
            :: else
            fi
        }
        atomic {
            got = queued > 0;
            if
            :: got -> queued--; dequeued++; slow_left = 0
            :: else
            fi
        }
        if
        :: slow && got ->
            attending--;    /* step_out: D */
            heavy_fence();  /* F2 */
            look_again(mine);
            if
            :: mine -> ready = 1
            :: else
            fi;
#ifndef MUTANT_NO_LOOK_AFTER_BLOCK
            if
            :: ready -> notify()
            :: else
            fi;
#endif
            handled > 0;  /* the long call */
            attending++   /* step_in */
        :: else
        fi;
        if
        :: got -> handled++
        :: else
        fi;
        if
        :: slow -> blocked--; surplus = 1
        :: else
        fi;
        if
        :: surplus || !got -> break
        :: else
        fi
    od;
    atomic { attending--; inside-- }  /* leave: D */
    heavy_fence();                     /* F2 */
    look_again(mine);                  /* P */
    if
    :: mine -> make_ready()
    :: else
    fi;
    goto again;
park:
#ifdef MUTANT_LOOK_FIRST
    if
    :: ready -> goto again
    :: else
    fi;
#endif
    atomic { parked++; searching = searching - seeks; seeks = 0 }
#ifndef MUTANT_LOOK_FIRST
    if
    :: ready ->
        atomic {
            won = parked > 0;
            if
            :: won -> parked--; sought = 1
            :: else
            fi
        }
        if
        :: won -> goto again
        :: else
        fi
    :: else
    fi;
#endif
sleep:
end_asleep:
    atomic { permits > 0 -> permits--; seeks = 1 }
    goto again
}

/* Stores reach memory some time. */
proctype buffers() {
end_empty:
    do
    :: mem[0] < own[0] -> mem[0]++
#if PUBLISHERS > 1
    :: mem[1] < own[1] -> mem[1]++
#endif
    od
}

init {
    byte count;
    bool lost;
    atomic {
#ifdef SLOW
        slow_left = 1;
#endif
        count = 0;
        do
        :: count < PUBLISHERS -> run publisher(count); count++
        :: else -> break
        od;
        count = 0;
        do
        :: count < RUNNERS -> run runner(); count++
        :: else -> break
        od;
        run buffers()
    }
    timeout;
    lost = handled != TOTAL || ready || scheduled || queued > 0;
    assert(!lost)
}
