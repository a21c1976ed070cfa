#!/bin/bash
#SBATCH --job-name=reparte
#SBATCH --cpus-per-task=4
#SBATCH --time=08:00:00
#SBATCH --signal=B:TERM@60
#SBATCH --output=reparte-%A_%a.log
#SBATCH --requeue
#
# Runs servers as an array of jobs, on any nodes and ports:
#
#     sbatch --array=1-8 slurm.sh HOSTS TOKEN FUNCTION PROGRAM [ARG...]
#
# HOSTS and TOKEN are files in a directory that all nodes and the client share. TOKEN has mode
# 0600. A server has a line in HOSTS from the time it listens until it is told to stop: a minute
# before its time is up, by `scancel`, or by a requeue. Only `scancel --batch --signal=TERM` lets
# running calls finish: `scancel` alone signals their programs too. A server that is killed at
# once leaves its line. For a client it is down, and if its job runs again, the new line replaces
# the old one.
set -euo pipefail

hosts=${1:?name the file for the servers\' lines}
token=${2:?name the file with the token}
function=${3:?name the function}
shift 3
: "${1:?name the program}"
id=${SLURM_ARRAY_JOB_ID:-${SLURM_JOB_ID:?sbatch sets it}}_${SLURM_ARRAY_TASK_ID:-0}
workers=${SLURM_CPUS_PER_TASK:-1}

# Replaces this job's line by another one, or removes it. The lock keeps the lines of other jobs,
# and the rename keeps readers from half a file.
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

# Port 0 lets the system choose: the jobs of a node need different ports.
exec 3< <(exec reparte serve 0.0.0.0:0 --function "$function" --workers "$workers" \
    --token-file "$token" -- "$@" 2>&1)
server=$!
stop() {
    # The line goes first, so that no more calls come. Running calls have 10 s.
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
# The log is read to its end: the server would wait for a reader.
cat <&3 &
# A signal ends the first wait, and the server's end the second.
code=0
wait "$server" || code=$?
if kill -0 "$server" 2> /dev/null; then
    code=0
    wait "$server" || code=$?
fi
exit "$code"
