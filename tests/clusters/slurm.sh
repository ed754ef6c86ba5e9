#!/bin/bash
# A Slurm of this machine alone, with two GPUs that are none: for tests, as root, without systemd, munge or cgroups.
# usage: slurm.sh start DIR    install it from Debian if it isn't there, write DIR/slurm.conf, wait until it is ready
#        slurm.sh stop DIR     end it
set -euo pipefail
folder=$(realpath -m "$2")
export SLURM_CONF=$folder/slurm.conf

stop() {
  for name in slurmctld slurmd; do
    [[ -e $folder/$name.pid ]] && kill "$(<"$folder/$name.pid")" 2>/dev/null || true
  done
}

if [[ $1 == stop ]]; then
  stop
  exit
fi
if ! command -v slurmctld slurmd > /dev/null; then
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends slurmctld slurmd slurm-client
fi
port=${XH_SLURM_PORT:-16817}
node=$(hostname)
mkdir -p "$folder/state" "$folder/spool"
for gpu in 0 1; do
  [[ -e $folder/gpu$gpu ]] || mknod "$folder/gpu$gpu" c 1 3
done
cat > "$folder/gres.conf" <<CONF
NodeName=$node Name=gpu File=$folder/gpu[0-1]
CONF
cat > "$SLURM_CONF" <<CONF
ClusterName=xh
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/none
CredType=cred/none
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_min_interval=1
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
KillWait=5
MinJobAge=600
GresTypes=gpu
NodeName=$node NodeAddr=127.0.0.1 CPUs=4 Boards=1 SocketsPerBoard=1 CoresPerSocket=4 ThreadsPerCore=1 RealMemory=8000 Gres=gpu:2
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
slurmctld -f "$SLURM_CONF" -i
slurmd -f "$SLURM_CONF" -N "$node"
for _ in $(seq 100); do
  [[ $(sinfo -h -o %T 2>/dev/null) == idle ]] && exit
  sleep 0.2
done
echo "Slurm is not ready: see $folder/*.log" >&2
stop
exit 1
