#!/bin/bash
#SBATCH --job-name=reparte
#SBATCH --cpus-per-task=4
#SBATCH --time=08:00:00
#SBATCH --signal=B:TERM@60
#SBATCH --output=reparte-%A_%a.log
#SBATCH --requeue
#
# Servers as an array of jobs, on whatever nodes and ports they get:
#
#     sbatch --array=1-8 slurm.sh HOSTS TOKEN FUNCTION PROGRAM [ARG...]
#
# HOSTS and TOKEN are files in a directory that all nodes and the client share; the token's
# has mode 0600. Each server has a line in HOSTS from when it listens until it is told to
# stop: a minute before its time is up, by `scancel`, or by a requeue. Only
# `scancel --batch --signal=TERM` lets calls that run finish: `scancel` alone signals their
# programs too. One that is killed at once leaves its line: it is down to a client, and if
# its job runs again the new line takes the old one's place.
set -euo pipefail

hosts=${1:?name the file for the servers\' lines}
token=${2:?name the file with the token}
function=${3:?name the function}
shift 3
: "${1:?name the program}"
id=${SLURM_ARRAY_JOB_ID:-${SLURM_JOB_ID:?sbatch sets it}}_${SLURM_ARRAY_TASK_ID:-0}
workers=${SLURM_CPUS_PER_TASK:-1}

# Puts this job's line, or none, in the place of the one it had. One at a time, and the file
# changes at once, so that none is lost and no reader sees half of one.
register() {
    (
        flock 9
        touch "$hosts"
        {
            grep -v " # $id\$" "$hosts" || true
            printf '%s' "${1:+$1 # $id$'\n'}"
        } > "$hosts.$id"
        mv "$hosts.$id" "$hosts"
    ) 9> "$hosts.lock"
}

# Port 0: another job of the same node has another.
exec 3< <(exec reparte serve 0.0.0.0:0 --function "$function" --workers "$workers" \
    --token-file "$token" -- "$@" 2>&1)
server=$!
stop() {
    # First the line, so that no more calls come; those that run have 10 s.
    register
    kill "$server" 2> /dev/null || true
}
trap stop TERM INT EXIT

while read -r line <&3; do
    echo "$line"
    if [[ $line == 'listening on '*:* ]]; then
        register "$workers/${SLURMD_NODENAME:-$(hostname)}:${line##*:}"
        break
    fi
done
# Its log goes on, so that it never waits for a reader.
cat <&3 &
# A signal ends the first wait; the server's own end, the second.
code=0
wait "$server" || code=$?
if kill -0 "$server" 2> /dev/null; then
    code=0
    wait "$server" || code=$?
fi
exit "$code"
