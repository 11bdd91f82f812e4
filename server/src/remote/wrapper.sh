#!/bin/sh
# Pitlane's wrapper: the only way an effect starts on this node.
#
#   wrapper run DIR EPOCH RUN LIMIT OFFSET COMMAND
#
# DIR     this installation's own folder: epoch, lock, alive, leader, runs/RUN/{started,alive,out,rc}
# EPOCH   who orders; an order older than the newest epoch seen here is refused, a newer one ends what still runs
# RUN     starts at most once; the same run again only shows what it printed and how it ended
# LIMIT   seconds until COMMAND and all it started in its group is ended
# OFFSET  bytes of output the caller has already
#
# Standard output is COMMAND's output. Standard error ends with the line `pitlane RUN end CODE WHY`,
# WHY being done, limit or stopped. Exit: 0 see that line; the other codes are listed in wrapper.rs.
#
# What starts a service must tell a supervisor outside to do it: whatever COMMAND leaves in its group is ended.

refuse() { code=$1; shift; echo "pitlane $r refused $*" >&2; exit "$code"; }
number() { case $1 in '' | *[!0-9]*) return 1 ;; esac; [ "${#1}" -le 18 ]; }

# start time and state of process $1, from what follows the name in brackets
started_at() {
    born= state= line=
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    set -- ${line##*) }
    state=$1 session=$4
    shift 19
    born=$1
}

# anybody in group $1 who is not just waiting to be reaped
group_lives() {
    kill -s 0 -- "-$1" 2>/dev/null || return 1
    for stat in /proc/[0-9]*/stat; do
        line=
        { read -r line <"$stat"; } 2>/dev/null || continue
        set -- "$1" ${line##*) }
        [ "$4" = "$1" ] && [ "$2" != Z ] && [ "$2" != X ] && return 0
    done
    return 1
}

# --- the leader: one per run, outside the command's group, alive as long as the run is ------------------------
if [ "$1" = lead ]; then
    d=$2 e=$3 r=$4 t=$5 mask=$6 command=$7 x=$2/runs/$4
    limit= stopped=
    read -r boot </proc/sys/kernel/random/boot_id
    started_at $$
    mine=$born
    # the watchdog: before the traps, or a signal between its fork and its own start would be swallowed by them
    (sleep "$t"; started_at $$ && [ "$born" = "$mine" ] && kill -s USR1 $$) </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- &
    trap 'stopped=1' TERM
    trap 'limit=1' USR1
    record() { echo "$$ $mine $boot $e $r $1" >"$d/leader.new" && mv "$d/leader.new" "$d/leader"; }
    # whoever finds this leader dead finds its command by this mark
    export PITLANE_RUN="$r"
    record 0 || exit 1
    (umask "$mask"; cd "$d/.." && exec setsid sh -c "$command") </dev/null >"$x/out" 2>&1 7>&- 8>&- 9>&- &
    c=$!
    record $c
    exec 9>&-

    end_group() {
        kill -s TERM -- "-$c" 2>/dev/null || kill -s TERM $c 2>/dev/null
        i=0
        while [ $i -lt "$1" ] && group_lives $c; do sleep .1; i=$((i + 1)); done
        kill -s KILL -- "-$c" 2>/dev/null
        while group_lives $c; do sleep .1; done
    }
    wait $c
    k=$? why=done
    if [ -n "$stopped$limit" ]; then
        why=limit
        [ -z "$stopped" ] || why=stopped
        end_group 20
        wait $c
        j=$?
        [ $j -eq 127 ] || k=$j
    elif kill -s 0 -- "-$c" 2>/dev/null && group_lives $c; then
        echo "pitlane: the command left processes running in its group and they are ended;" \
            "a service must be started by a supervisor outside" >>"$x/out"
        end_group 20
    fi
    # over the room kept at the start: a result is told on a full disk too
    echo "$k $why" 1<>"$x/rc.new"
    mv "$x/rc.new" "$x/rc"
    trap '' TERM
    kill -s TERM -- "-$$" # the watchdog and its sleep
    exec 7>&- 8>&-
    # only the last 20 runs are kept
    ls -1t "$d/runs" | tail -n +21 | while read -r old; do rm -rf "$d/runs/$old"; done
    exit 0
fi

# --- the call ------------------------------------------------------------------------------------------------
[ "$1" = run ] && [ $# -eq 7 ] || { r=-; refuse 92 "this is no call it knows"; }
d=$2 e=$3 r=$4 t=$5 from=$6 command=$7 x=$2/runs/$4
for value in "$e" "$t" "$from"; do number "$value" || refuse 92 "\`$value\` is no number"; done
case $r in '' | .* | *[!A-Za-z0-9._-]*) refuse 92 "this is no run id" ;; esac
mask=$(umask)
umask 077

mkdir -p "$d/runs" || refuse 95 "its folder cannot be used"
command exec 9>>"$d/lock" || refuse 95 "its folder cannot be written"
flock -w 5 9 || refuse 96 "another call holds the lock"

seen=
{ read -r seen <"$d/epoch"; } 2>/dev/null
number "$seen" || refuse 94 "$d/epoch holds no number"
[ "$e" -ge "$seen" ] || refuse 97 "$seen"
if [ "$e" -gt "$seen" ]; then
    # the door is closed first; what still runs is ended below, by this call or the next
    { echo "$e" >"$d/epoch.new" && sync "$d/epoch.new" && mv "$d/epoch.new" "$d/epoch"; } || refuse 95 "the epoch cannot be kept"
fi

# the run on record; identified by the machine's boot and the leader's start time, never by its number alone
lp= lb= lboot= le= lr= lc=
{ read -r lp lb lboot le lr lc <"$d/leader"; } 2>/dev/null
read -r boot </proc/sys/kernel/random/boot_id
[ "$lboot" = "$boot" ] && number "$lp" && number "$lb" && number "$le" && number "$lc" || lp=
leader_lives() { [ -n "$lp" ] && started_at "$lp" && [ "$born" = "$lb" ] && [ "$state" != Z ]; }

# members of a run whose leader was killed, known by their mark and session
orphans() {
    [ -n "$lp" ] && [ ! -s "$d/runs/$lr/rc" ] || return 1
    found=
    for environ in /proc/[0-9]*/environ; do
        grep -qzFx "PITLANE_RUN=$lr" "$environ" 2>/dev/null || continue
        p=${environ#/proc/} p=${p%/environ}
        started_at "$p" && [ "$state" != Z ] || continue
        [ "$lc" -eq 0 ] || [ "$session" = "$lc" ] || continue
        found="$found $p"
    done
    [ -n "$found" ]
}
end_orphans() {
    i=0
    while orphans && [ $i -lt 50 ]; do
        kill -s KILL $found 2>/dev/null
        sleep .1
        i=$((i + 1))
    done
}

command exec 8>>"$d/alive" || refuse 95 "its folder cannot be written"
if [ -e "$x/rc" ]; then
    : # over, whatever else runs: only told again
elif ! flock -n 8; then
    if [ "$lr" = "$r" ]; then
        : # still running: attach to it
    elif [ -n "$lp" ] && [ "$le" -lt "$e" ]; then
        leader_lives && kill -s TERM "$lp"
        if ! flock -w 5 8; then
            leader_lives && kill -s KILL -- "-$lp"
            end_orphans
            flock -w 5 8 || refuse 98 "$lr"
        fi
    else
        refuse 98 "${lr:-unknown}"
    fi
elif orphans; then
    if [ "$le" -lt "$e" ] || [ "$lr" = "$r" ]; then end_orphans; else refuse 98 "$lr"; fi
fi

if [ ! -e "$x/started" ]; then
    { mkdir -p "$x" && printf '%-60s\n' '' >"$x/rc.new" && : >"$x/out" && command exec 7>"$x/alive" && flock -n 7 && echo "$e" >"$x/started"; } ||
        refuse 95 "the run's folder cannot be written"
    setsid sh "$0" lead "$d" "$e" "$r" "$t" "$mask" "$command" </dev/null >/dev/null 2>"$x/err" &
fi
# the leader holds all three from here: 9 until it is on record, 8 and 7 to its end
exec 7>&- 8>&- 9>&-

# follow until the run's leader is gone, however it went: the kernel lets go of its lock
if [ -e "$x/alive" ]; then
    flock -s -w $((t + 15)) 5 5<"$x/alive" >/dev/null 2>&1 &
    tail -c "+$((from + 1))" -s .02 -f --pid=$! "$x/out" 2>/dev/null
fi
code= why=
{ read -r code why <"$x/rc"; } 2>/dev/null
number "$code" || refuse 99 "it was started, left no result and is gone"
echo "pitlane $r end $code $why" >&2
