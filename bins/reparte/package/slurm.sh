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
#     sbatch --array=1-8 slurm.sh SERVERS TOKEN FUNCTION PROGRAM [ARG...]
#
# Clients make no calls that would not end in time: the server is told when its time is up, a minute
# before that of the job. After `scontrol update TimeLimit`, which no job is told of, the server
# ends at the time of before.
#
# SERVERS is a directory and TOKEN a file, which all nodes and the client share; no other user may
# write the one or read the other. A server has a file in SERVERS from the time it listens until
# it is told to stop: a minute before its time is up, by `scancel`, or by a requeue. Only `scancel
# --batch --signal=TERM` lets running calls finish: `scancel` alone signals their programs too.
# The file of a server that is killed at once counts for 20 s more.
set -euo pipefail

servers=${1:?name the directory in which servers announce themselves}
token=${2:?name the file with the token}
function=${3:?name the function}
shift 3
: "${1:?name the program}"

# Port 0 lets the system choose: the jobs of a node need different ports. The server takes the
# place of this shell, and so its signals.
until=()
if [[ ${SLURM_JOB_END_TIME:-} =~ ^[0-9]+$ ]]; then
    until=(--until "@$((SLURM_JOB_END_TIME - 60))")
fi
exec reparte serve 0.0.0.0:0 --announce "$servers" --host "${SLURMD_NODENAME:-$(hostname)}" \
    --function "$function" --workers "${SLURM_CPUS_PER_TASK:-1}" --grace 45 \
    "${until[@]}" \
    --token-file "$token" -- "$@"
