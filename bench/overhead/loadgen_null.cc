// LoadGen as its users link it; trace output off, logs at the end of the test only, which is its fastest.
#include "loadgen_null.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <loadgen.h>
#include <query_sample_library.h>
#include <system_under_test.h>
#include <test_settings.h>

namespace {

int64_t now_ns()
{
    auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

class Library : public mlperf::QuerySampleLibrary {
public:
    const std::string &Name() override { return name_; }
    size_t TotalSampleCount() override { return 1024; }
    size_t PerformanceSampleCount() override { return 1024; }
    void LoadSamplesToRam(const std::vector<mlperf::QuerySampleIndex> &) override {}
    void UnloadSamplesFromRam(const std::vector<mlperf::QuerySampleIndex> &) override {}

private:
    std::string name_ = "nothing";
};

class NullSystem : public mlperf::SystemUnderTest {
public:
    NullSystem(bool is_threaded, int64_t queries)
        : queries_(queries), ring_(is_threaded ? static_cast<size_t>(queries) : 0)
    {
        if (is_threaded)
            thread_ = std::thread([this] { loop(); });
    }

    ~NullSystem() override
    {
        is_stopping_ = true;
        if (thread_.joinable())
            thread_.join();
    }

    const std::string &Name() override { return name_; }
    void FlushQueries() override {}

    void IssueQuery(const std::vector<mlperf::QuerySample> &samples) override
    {
        if (issued_ == 0)
            start_ns_ = now_ns();
        for (const auto &sample : samples) {
            int64_t place = issued_++;
            if (ring_.empty()) {
                complete(sample.id);
            } else if (place < queries_) {
                ring_[static_cast<size_t>(place)] = sample.id;
                tail_.store(place + 1, std::memory_order_release);
            }
        }
    }

    double period_ns() const
    {
        return end_ns_ > 0 ? static_cast<double>(end_ns_ - start_ns_) / static_cast<double>(queries_) : -1;
    }

private:
    void complete(mlperf::ResponseId id)
    {
        mlperf::QuerySampleResponse response{id, 0, 0};
        mlperf::QuerySamplesComplete(&response, 1);
        if (++completed_ == queries_)
            end_ns_ = now_ns();
    }

    void loop()
    {
        int64_t head = 0;
        while (!is_stopping_) {
            if (head < tail_.load(std::memory_order_acquire))
                complete(ring_[static_cast<size_t>(head++)]);
        }
    }

    std::string name_ = "null";
    int64_t queries_;
    int64_t issued_ = 0;
    int64_t completed_ = 0;
    int64_t start_ns_ = 0;
    std::atomic<int64_t> end_ns_{0};
    std::vector<mlperf::ResponseId> ring_;
    std::atomic<int64_t> tail_{0};
    std::atomic<bool> is_stopping_{false};
    std::thread thread_;
};

} // namespace

double loadgen_run(enum loadgen_case what, int64_t queries)
{
    mlperf::TestSettings settings;
    mlperf::LogSettings log;
    settings.scenario = what == LOADGEN_SERVER_THREAD ? mlperf::TestScenario::Server : mlperf::TestScenario::SingleStream;
    settings.mode = mlperf::TestMode::PerformanceOnly;
    settings.min_duration_ms = 0;
    settings.min_query_count = static_cast<uint64_t>(queries);
    settings.max_query_count = static_cast<uint64_t>(queries);
    settings.single_stream_expected_latency_ns = 1000;
    settings.server_target_qps = 1e8;
    log.enable_trace = false;
    log.log_mode = mlperf::LoggingMode::EndOfTestOnly;
    Library library;
    NullSystem sut(what != LOADGEN_SINGLE, queries);
    mlperf::StartTest(&sut, &library, settings, log);
    return sut.period_ns();
}
