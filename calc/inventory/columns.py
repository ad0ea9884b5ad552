"""Canonical inventory columns, the headers that mean them, and the units headers carry."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from calc import units


@dataclass(frozen=True, slots=True)
class Column:
    """One canonical column.

    Attributes
    ----------
    kind : {'text', 'count', 'size', 'rate', 'power', 'share', 'date', 'money', 'flag'}
        ``size`` ends as GiB, ``rate`` as Mbit/s, ``power`` as W, ``share`` as a fraction 0-1.
    synonyms : tuple of str
        Header keys (see `header_key`) that mean this column.
    """

    name: str
    kind: str
    synonyms: tuple[str, ...]
    integer: bool = False


def _column(name: str, kind: str, synonyms: str, *, integer: bool = False) -> Column:
    return Column(name, kind, tuple(synonyms.split()), integer)


COLUMNS: tuple[Column, ...] = (
    _column(
        "name",
        "text",
        "name hostname host server servername machine machinename computername computer vm vmname displayname "
        "assetname instancename fqdn node nodename 서버 서버명 서버이름 호스트 호스트명 호스트이름 이름",
    ),
    _column("serial", "text", "serial serialnumber serialno sn servicetag 시리얼 일련번호"),
    _column("manufacturer", "text", "manufacturer vendor make maker 제조사"),
    _column("model", "text", "model modelname hardware productname servermodel hardwaremodel 모델 모델명"),
    _column(
        "cpu_model",
        "text",
        "cpumodel cpu cputype cpuname processor processormodel processorname processortype cpudescription 프로세서 씨피유 cpu모델",
    ),
    _column(
        "sockets",
        "count",
        "sockets socket cpusockets processors numberofprocessors cpucount cpus numcpu 소켓 소켓수",
        integer=True,
    ),
    _column(
        "cores_per_socket",
        "count",
        "corespersocket corespercpu corespercpus coresperprocessor cpucorecount",
        integer=True,
    ),
    _column(
        "cores",
        "count",
        "cores corestotal totalcores numcores numberofcores cpucores physicalcores corecount core "
        "coreallsockets 코어 코어수 총코어",
        integer=True,
    ),
    _column(
        "threads",
        "count",
        "threads threadstotal totalthreads logicalprocessors logicalcores numberoflogicalprocessors cputhreads 스레드",
        integer=True,
    ),
    _column(
        "memory_gib",
        "size",
        "memory mem ram memorysize ramsize totalmemory memorytotal installedmemory physicalmemory memoryinstalled "
        "memtotal totalram 메모리 램 메모리용량",
    ),
    _column(
        "disk_gib",
        "size",
        "disk disksize diskspace diskcapacity diskstorage storage totaldisk disktotal capacity totaldiskcapacity 디스크 스토리지 디스크용량",
    ),
    _column(
        "disk_used_gib",
        "size",
        "diskused diskspaceused usedcapacity useddisk storageused diskinuse useddiskspace inuse 디스크사용량 사용디스크",
    ),
    _column(
        "cpu_mean",
        "share",
        "cpuavg cpuaverage cpumean averagecpu avgcpu meancpu cpuutilization cpuutilisation cpuusage cpuload "
        "cpuutilizationpercentage cpuusageavg avgcpuutilization averagecpuutilization cpuutil cpu사용률 cpu평균 평균cpu cpu평균사용률",
    ),
    _column(
        "cpu_p95",
        "share",
        "cpup95 cpu95 cpu95th cpu95thpercentile p95cpu 95thpercentilecpu cpuutilizationp95 cpupercentile95",
    ),
    _column(
        "cpu_peak",
        "share",
        "cpupeak peakcpu cpumax maxcpu cpumaximum maximumcpu peakcpuutilization cpuusagemax cpu최대 최대cpu cpu최대사용률",
    ),
    _column(
        "mem_mean",
        "share",
        "memavg memoryavg memmean memorymean memoryaverage averagememory avgmemory memoryutilization memoryutilisation "
        "memoryusage memusage memutilization memoryutilizationpercentage ramutilization ramusage memoryload 메모리사용률 메모리평균",
    ),
    _column("mem_p95", "share", "memp95 memoryp95 mem95 memory95 memory95thpercentile p95memory memoryutilizationp95"),
    _column("mem_peak", "share", "mempeak memorypeak peakmemory memmax memorymax maxmemory memorymaximum 메모리최대"),
    _column("net_p95", "rate", "net network netp95 networkp95 networkthroughput netthroughput bandwidth 네트워크"),
    _column("disk_iops", "count", "iops diskiops iopsp95 iops95 diskiopsp95 peakiops storageiops diskoperations"),
    _column(
        "power_w",
        "power",
        "power powerw powermeasured measuredpower powerdraw powerconsumption averagepower 전력 소비전력",
    ),
    _column("rack_units", "count", "rackunits rackunit ru uheight rackheight u height 유닛 랙유닛"),
    _column("rack", "text", "rack rackname cabinet 랙"),
    _column(
        "purchase_date",
        "date",
        "purchasedate purchased purchaseyear datepurchased installdate installationdate acquired acquisitiondate "
        "shipdate warrantystart inservice inservicedate 도입일 구매일 도입년도 구입일",
    ),
    _column("purchase_price", "money", "purchaseprice purchasecost acquisitioncost 구매가 도입가"),
    _column(
        "maintenance_per_year",
        "money",
        "annualmaintenance maintenanceperyear maintenance maintenancecost supportcost yearlymaintenance 유지보수비",
    ),
    _column("os", "text", "os operatingsystem osname 운영체제"),
    _column("environment", "text", "environment env stage tier 환경"),
    _column("application", "text", "application app service businessservice role workload 애플리케이션 업무 서비스"),
    _column("owner", "text", "owner department businessowner team costcenter costcentre 담당자 부서 소유자"),
    _column("site", "text", "site location datacenter datacentre dc 사이트 위치 센터 데이터센터"),
    _column("zone", "text", "zone securityzone networkzone cluster segment 보안영역 존 클러스터"),
    _column("arch", "text", "arch architecture osarchitecture 아키텍처"),
    _column("affinity", "text", "affinity affinitygroup keeptogether"),
    _column("anti_affinity", "text", "antiaffinity antiaffinitygroup keepapart"),
    _column(
        "restart_priority",
        "text",
        "restartpriority restartorder restarttier startorder bootorder bootpriority 재시작우선순위 재시작순서 기동순서",
    ),
    _column("exclude", "flag", "exclude excluded outofscope donotmigrate 제외"),
    _column("in_scope", "flag", "inscope scope migrate included 대상"),
    _column("uuid", "text", "uuid biosuuid smbiosuuid systemuuid vmuuid hardwareuuid smbiosid"),
    _column("os_version", "text", "osversion operatingsystemversion"),
    _column(
        "virtual", "text", "virtual isvirtual physicalvirtual virtualphysical physicalorvirtual isvm machinekind 가상"
    ),
    _column("is_physical", "text", "physical isphysical"),
    _column("vm_host", "text", "esxhost esxihost hypervisorhost physicalhost parenthost hostedon 물리호스트"),
    _column("power_state", "text", "powerstate powerstatus"),
    _column("database", "text", "database databases databasetype dbtype sqledition dbms 데이터베이스"),
    _column("devices", "text", "devices specialdevices pcidevices passthrough dongle dongles specialhardware"),
    _column("threads_per_core", "count", "threadspercore", integer=True),
    _column("vcpus", "count", "vcpus vcpu virtualcpus", integer=True),
    _column("memory_used_gib", "size", "memoryused usedmemory memused ramused 메모리사용량"),
    _column("memory_peak_gib", "size", "peakmemoryusage memoryusedmax maxusedmemory"),
    _column("net_in", "rate", "networkin networkinthroughput networkreceived"),
    _column("net_out", "rate", "networkout networkoutthroughput networksent"),
)
#: Columns that exports hold and the estate does not: they are worked into others, with that said.
HELPERS = [
    "in_scope",
    "os_version",
    "is_physical",
    "threads_per_core",
    "cores_per_socket",
    "memory_used_gib",
    "memory_peak_gib",
    "net_in",
    "net_out",
]
BY_NAME = {column.name: column for column in COLUMNS}
_BY_KEY = {key: column for column in COLUMNS for key in (*column.synonyms, column.name.replace("_", ""))}

_WORD = re.compile(r"[kmg]i?b/s|[a-z0-9]+|[가-힣]+|%|#")
_SPACES = re.compile(r"\s+")
_OPTIONAL = re.compile(r"\((?:optional|required|선택|필수)\)")
_FILLERS = {"in", "of", "the"}


@dataclass(frozen=True, slots=True)
class Header:
    """A header taken apart: the key that names the column, and the unit it carries."""

    text: str
    key: str
    unit: str


def parse_header(text: str) -> Header:
    """Split a header into its key and its unit, ignoring case, spaces, punctuation and marks.

    Examples
    --------
    >>> parse_header("Memory (GB)").key, parse_header("Memory (GB)").unit
    ('memory', 'gb')
    >>> parse_header("*Cores").key, parse_header("RAM_GiB").unit
    ('cores', 'gib')
    >>> parse_header("메모리(GB)").key
    '메모리'
    """
    folded = _OPTIONAL.sub(" ", unicodedata.normalize("NFKC", text).casefold())
    folded = re.sub(r"([a-z])(%)", r"\1 %", folded)
    words = _WORD.findall(folded)
    unit = ""
    kept = []
    for position, word in enumerate(words):
        if position > 0 and not unit and word in units.KNOWN:  # "MB" as the first word would be a name
            unit = word
        elif word not in _FILLERS and word != "#":
            kept.append(word)
    key = "".join(kept).removeprefix("numberof").removeprefix("number") or "".join(kept)
    if not unit and key not in _BY_KEY:  # "MemoryMiB": the unit is glued on
        for glued in sorted(units.KNOWN, key=len, reverse=True):
            if len(glued) > 1 and key.endswith(glued) and key.removesuffix(glued) in _BY_KEY:
                key, unit = key.removesuffix(glued), glued
                break
    return Header(text, key, unit)


def find_column(header: Header) -> Column | None:
    """The canonical column a header means, or None."""
    column = _BY_KEY.get(header.key)
    if column is None and header.unit:
        # "Power (W)" -> power; "CPU %" -> a utilisation, not the processor's name.
        column = _BY_KEY.get(header.key + header.unit)
    if header.unit and header.unit in units.SHARE:
        if header.key in ("cpu", "cpuusage"):
            return BY_NAME["cpu_mean"]
        if header.key in ("memory", "mem", "ram"):
            return BY_NAME["mem_mean"]
    return column
