/* Counts what a program copies over the bus to and from a GPU, and how often it waits for it.
 *
 *     cc -O2 -shared -fPIC -o libcount_copies.so count_copies.c -ldl
 *     COUNT_COPIES=FILE LD_PRELOAD=./libcount_copies.so PROGRAM
 *
 * libtorch calls CUDA through the shared library libcudart. The functions below have the names of
 * libcudart's and are loaded first, so that these calls come here; each is counted and handed on.
 * At the program's end one line of `name=number` words is added to FILE, if CUDA was used at all.
 *
 * Not seen so: what cuDNN and cuBLAS do inside, which have a libcudart of their own built in. With
 * COUNT_RECORDS=1 the records that CUPTI makes of what the GPU has run are added up as well, whoever
 * started it; libtorch brings CUPTI along. Neither sees host memory that a kernel reads in place.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* cudaMemcpyKind: host to host, host to device, device to host, within the device, and by the
 * pointers' own addresses. */
enum { KINDS = 5 };
static const char *const KIND_NAMES[KINDS] = {"within_host", "to_device", "to_host", "within_device",
                                              "by_address"};

static atomic_ullong copies[KINDS], bytes[KINDS];
static atomic_ullong waits, launches, clears;

static void *original(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    /* RTLD_NEXT does not see a library that the program loads later, by dlopen. */
    static const char *const LIBRARIES[] = {"libcudart.so.13", "libcudart.so.12", "libcudart.so"};
    for (size_t i = 0; !found && i < sizeof LIBRARIES / sizeof *LIBRARIES; i++) {
        void *library = dlopen(LIBRARIES[i], RTLD_LAZY | RTLD_NOLOAD);
        if (library)
            found = dlsym(library, name);
    }
    if (!found) {
        fprintf(stderr, "count_copies: no %s behind this one\n", name);
        abort();
    }
    return found;
}

/* Threads may race to look a function up; they find the same. */
#define ORIGINAL(type, name)                                                                        \
    static _Atomic(type) found;                                                                     \
    type next = atomic_load(&found);                                                                \
    if (!next)                                                                                      \
        atomic_store(&found, next = (type)original(name))

static void count(size_t size, int kind)
{
    if (kind < 0 || kind >= KINDS)
        kind = KINDS - 1;
    atomic_fetch_add(&copies[kind], 1);
    atomic_fetch_add(&bytes[kind], size);
}

typedef int (*copy)(void *, const void *, size_t, int);
int cudaMemcpy(void *to, const void *from, size_t size, int kind)
{
    ORIGINAL(copy, "cudaMemcpy");
    count(size, kind);
    atomic_fetch_add(&waits, 1);
    return next(to, from, size, kind);
}

typedef int (*copy_async)(void *, const void *, size_t, int, void *);
int cudaMemcpyAsync(void *to, const void *from, size_t size, int kind, void *stream)
{
    ORIGINAL(copy_async, "cudaMemcpyAsync");
    count(size, kind);
    return next(to, from, size, kind, stream);
}

typedef int (*copy_2d)(void *, size_t, const void *, size_t, size_t, size_t, int, void *);
int cudaMemcpy2DAsync(void *to, size_t to_pitch, const void *from, size_t from_pitch, size_t width,
                      size_t height, int kind, void *stream)
{
    ORIGINAL(copy_2d, "cudaMemcpy2DAsync");
    count(width * height, kind);
    return next(to, to_pitch, from, from_pitch, width, height, kind, stream);
}

typedef int (*copy_to_symbol)(const void *, const void *, size_t, size_t, int);
int cudaMemcpyToSymbol(const void *symbol, const void *from, size_t size, size_t offset, int kind)
{
    ORIGINAL(copy_to_symbol, "cudaMemcpyToSymbol");
    count(size, kind);
    atomic_fetch_add(&waits, 1);
    return next(symbol, from, size, offset, kind);
}

typedef int (*clear_async)(void *, int, size_t, void *);
int cudaMemsetAsync(void *at, int value, size_t size, void *stream)
{
    ORIGINAL(clear_async, "cudaMemsetAsync");
    atomic_fetch_add(&clears, 1);
    return next(at, value, size, stream);
}

typedef int (*on_handle)(void *);
int cudaStreamSynchronize(void *stream)
{
    ORIGINAL(on_handle, "cudaStreamSynchronize");
    atomic_fetch_add(&waits, 1);
    return next(stream);
}

int cudaEventSynchronize(void *event)
{
    ORIGINAL(on_handle, "cudaEventSynchronize");
    atomic_fetch_add(&waits, 1);
    return next(event);
}

typedef int (*on_nothing)(void);
int cudaDeviceSynchronize(void)
{
    ORIGINAL(on_nothing, "cudaDeviceSynchronize");
    atomic_fetch_add(&waits, 1);
    return next();
}

/* A dim3 is passed as the three numbers it consists of. */
typedef struct {
    unsigned x, y, z;
} extent;

typedef int (*launch)(const void *, extent, extent, void **, size_t, void *);
int cudaLaunchKernel(const void *kernel, extent grid, extent block, void **arguments, size_t shared,
                     void *stream)
{
    ORIGINAL(launch, "cudaLaunchKernel");
    atomic_fetch_add(&launches, 1);
    return next(kernel, grid, block, arguments, shared, stream);
}

/* The name under which compiled kernels call it since CUDA 13. */
int __cudaLaunchKernel(const void *kernel, extent grid, extent block, void **arguments, size_t shared,
                       void *stream)
{
    ORIGINAL(launch, "__cudaLaunchKernel");
    atomic_fetch_add(&launches, 1);
    return next(kernel, grid, block, arguments, shared, stream);
}

typedef int (*launch_configured)(const void *, const void *, void **);
int cudaLaunchKernelExC(const void *configuration, const void *kernel, void **arguments)
{
    ORIGINAL(launch_configured, "cudaLaunchKernelExC");
    atomic_fetch_add(&launches, 1);
    return next(configuration, kernel, arguments);
}

/* CUPTI's records. Only their beginnings are read, which all versions share:
 *
 *     copy    kind (4 bytes), kind of copy (1), 3 bytes, bytes (8), start (8), end (8)
 *     kernel  kind (4 bytes), 12 bytes of settings, start (8), end (8)
 */
enum { RECORD_COPY = 1, RECORD_KERNEL = 10, NO_ERROR = 0, BUFFER = 4 << 20 };
enum { TO_DEVICE = 1, TO_HOST = 2, WITHIN_DEVICE = 8, RECORD_KINDS = 16 };
static atomic_ullong record_kernels, record_kernel_ns, record_copies, record_copy_ns;
static atomic_ullong record_bytes[RECORD_KINDS];

static int (*next_record)(uint8_t *, size_t, uint8_t **);
static int (*flush_all)(uint32_t);

static uint64_t number_at(const uint8_t *record, size_t offset)
{
    uint64_t number;
    memcpy(&number, record + offset, sizeof number);
    return number;
}

static void buffer_wanted(uint8_t **buffer, size_t *size, size_t *most)
{
    *buffer = aligned_alloc(8, BUFFER);
    *size = *buffer ? BUFFER : 0;
    *most = 0;
}

static void buffer_filled(void *context, uint32_t stream, uint8_t *buffer, size_t size, size_t valid)
{
    (void)context, (void)stream, (void)size;
    uint8_t *record = NULL;
    while (next_record(buffer, valid, &record) == NO_ERROR) {
        uint32_t kind;
        memcpy(&kind, record, sizeof kind);
        uint64_t took = number_at(record, 24) - number_at(record, 16);
        if (kind == RECORD_KERNEL) {
            atomic_fetch_add(&record_kernels, 1);
            atomic_fetch_add(&record_kernel_ns, took);
        } else if (kind == RECORD_COPY) {
            atomic_fetch_add(&record_copies, 1);
            atomic_fetch_add(&record_copy_ns, took);
            atomic_fetch_add(&record_bytes[record[4] % RECORD_KINDS], number_at(record, 8));
        }
    }
    free(buffer);
}

/* While CUPTI is still there: the libraries are taken down later. */
static void flush(void)
{
    flush_all(1);
}

static void record(void)
{
    int (*enable)(int) = (int (*)(int))dlsym(RTLD_DEFAULT, "cuptiActivityEnable");
    int (*call_back)(void *, void *) =
        (int (*)(void *, void *))dlsym(RTLD_DEFAULT, "cuptiActivityRegisterCallbacks");
    next_record = (int (*)(uint8_t *, size_t, uint8_t **))dlsym(RTLD_DEFAULT, "cuptiActivityGetNextRecord");
    flush_all = (int (*)(uint32_t))dlsym(RTLD_DEFAULT, "cuptiActivityFlushAll");
    if (!enable || !call_back || !next_record || !flush_all) {
        fprintf(stderr, "count_copies: there is no CUPTI here\n");
        return;
    }
    int error = call_back((void *)buffer_wanted, (void *)buffer_filled);
    if (error == NO_ERROR)
        error = enable(RECORD_COPY);
    if (error == NO_ERROR)
        error = enable(RECORD_KERNEL);
    if (error == NO_ERROR)
        atexit(flush);
    else
        fprintf(stderr, "count_copies: CUPTI's error %d\n", error);
}

static void record_if_wanted(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (getenv("COUNT_RECORDS"))
        pthread_once(&once, record);
}

/* Device memory that the program holds, and the most that it has held: libtorch takes it in blocks of
 * some megabytes, which are few. */
enum { BLOCKS = 1 << 16 };
static struct {
    void *at;
    size_t size;
} blocks[BLOCKS];
static size_t held, most_held;
static pthread_mutex_t blocks_lock = PTHREAD_MUTEX_INITIALIZER;

typedef int (*take)(void **, size_t);
int cudaMalloc(void **at, size_t size)
{
    ORIGINAL(take, "cudaMalloc");
    record_if_wanted();
    int error = next(at, size);
    if (error)
        return error;
    pthread_mutex_lock(&blocks_lock);
    for (size_t i = 0; i < BLOCKS; i++) {
        if (!blocks[i].at) {
            blocks[i].at = *at;
            blocks[i].size = size;
            held += size;
            break;
        }
    }
    if (held > most_held)
        most_held = held;
    pthread_mutex_unlock(&blocks_lock);
    return error;
}

int cudaFree(void *at)
{
    ORIGINAL(on_handle, "cudaFree");
    pthread_mutex_lock(&blocks_lock);
    for (size_t i = 0; at && i < BLOCKS; i++) {
        if (blocks[i].at == at) {
            blocks[i].at = NULL;
            held -= blocks[i].size;
            break;
        }
    }
    pthread_mutex_unlock(&blocks_lock);
    return next(at);
}

/* Programs that this one starts are not counted. */
__attribute__((constructor)) static void begin(void)
{
    unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("COUNT_COPIES");
    char line[2048];
    int length = snprintf(line, sizeof line, "waits=%llu launches=%llu clears=%llu most_held=%zu", waits,
                          launches, clears, most_held);
    unsigned long long used = waits + launches + clears + most_held;
    for (int kind = 0; kind < KINDS; kind++) {
        const char *name = KIND_NAMES[kind];
        length += snprintf(line + length, sizeof line - length, " %s_copies=%llu %s_bytes=%llu", name,
                           copies[kind], name, bytes[kind]);
        used += copies[kind];
    }
    if (getenv("COUNT_RECORDS"))
        length += snprintf(line + length, sizeof line - length,
                           " record_kernels=%llu record_kernel_ns=%llu record_copies=%llu record_copy_ns=%llu"
                           " record_to_device_bytes=%llu record_to_host_bytes=%llu"
                           " record_within_device_bytes=%llu",
                           record_kernels, record_kernel_ns, record_copies, record_copy_ns,
                           record_bytes[TO_DEVICE], record_bytes[TO_HOST], record_bytes[WITHIN_DEVICE]);
    line[length++] = '\n';
    int file = path && used ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
    if (file >= 0) {
        if (write(file, line, length) != length)
            perror("count_copies");
        close(file);
    }
}
