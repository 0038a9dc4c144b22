// The TorchScript module: loading, optimising, inference.
#include <ATen/Parallel.h>
#include <torch/script.h>
#include <torch/version.h>

#include "guard.h"
#include "pytorch.h"

struct module {
    torch::jit::Module script;
    int threads = 0;
};

namespace {

struct slot {
    std::vector<c10::IValue> input; // they wrap the core's buffers
    std::vector<at::Tensor> output; // of the last inference, alive until the next
};

at::ScalarType scalar_of(dli_type type)
{
    switch (type) {
    case DLI_F32:
        return at::kFloat;
    case DLI_F16:
        return at::kHalf;
    case DLI_BF16:
        return at::kBFloat16;
    case DLI_F64:
        return at::kDouble;
    case DLI_I8:
        return at::kChar;
    case DLI_U8:
        return at::kByte;
    case DLI_I16:
        return at::kShort;
    case DLI_I32:
        return at::kInt;
    case DLI_I64:
        return at::kLong;
    case DLI_BOOL:
        return at::kBool;
    default:
        return at::ScalarType::Undefined;
    }
}

dli_type type_of(at::ScalarType scalar)
{
    for (int type = DLI_F32; type < DLI_TYPE_COUNT; type++) {
        if (scalar != at::ScalarType::Undefined && scalar_of(static_cast<dli_type>(type)) == scalar)
            return static_cast<dli_type>(type);
    }
    return DLI_TYPE_NONE;
}

// OpenMP counts threads per calling thread, and the core calls from several.
void use_threads(int threads)
{
    thread_local int used = 0;
    if (threads > 0 && used != threads) {
        at::set_num_threads(threads);
        used = threads;
    }
}

// PyTorch takes the number once per process.
int use_inter_threads(int threads, dli_error *err)
{
    static int used = 0;
    if (threads == 0 || threads == used)
        return DLI_OK;
    if (used != 0)
        return dli_fail(err, DLI_E_UNSUPPORTED, "inter-threads %d: this process already has %d",
                        threads, used);
    at::set_num_interop_threads(threads);
    used = threads;
    return DLI_OK;
}

std::vector<at::Tensor> run(const module *m, const std::vector<c10::IValue> &input,
                            bool is_channels_last)
{
    std::vector<c10::IValue> arguments(input);
    std::vector<at::Tensor> tensors;
    for (c10::IValue &argument : arguments) {
        if (is_channels_last && argument.toTensor().dim() == 4)
            argument = argument.toTensor().contiguous(at::MemoryFormat::ChannelsLast);
    }
    c10::IValue result = const_cast<module *>(m)->script.forward(std::move(arguments));
    if (result.isTensor()) {
        tensors.push_back(result.toTensor().contiguous());
    } else if (result.isTensorList()) {
        for (const at::Tensor &tensor : result.toTensorVector())
            tensors.push_back(tensor.contiguous());
    } else {
        TORCH_CHECK(result.isTuple(), "the model returns neither a tensor nor a tuple of tensors");
        for (const c10::IValue &element : result.toTupleRef().elements())
            tensors.push_back(element.toTensor().contiguous());
    }
    return tensors;
}

void describe_inputs(dli_io *io, const torch::jit::Module &script)
{
    const auto &arguments = script.get_method("forward").function().getSchema().arguments();
    *io = dli_io{};
    for (size_t i = 1; i < arguments.size() && io->input_count < DLI_MAX_IO; i++) {
        // What is no tensor, or has a default, is no input.
        if (arguments[i].type()->kind() != c10::TypeKind::TensorType ||
            arguments[i].default_value())
            continue;
        dli_tensor_desc *desc = &io->input[io->input_count++];
        snprintf(desc->name, sizeof(desc->name), "%s", arguments[i].name().c_str());
        desc->type = DLI_F32;
    }
}

int describe_outputs(dli_io *io, const std::vector<at::Tensor> &tensors, dli_error *err)
{
    if (tensors.empty() || tensors.size() > DLI_MAX_IO)
        return dli_fail(err, DLI_E_UNSUPPORTED, "the model has %zu outputs", tensors.size());
    bool has_names = io->output_count == static_cast<int>(tensors.size());
    io->output_count = static_cast<int>(tensors.size());
    for (size_t i = 0; i < tensors.size(); i++) {
        dli_tensor_desc *desc = &io->output[i];
        if (!has_names)
            snprintf(desc->name, sizeof(desc->name), "output%zu", i);
        desc->type = type_of(tensors[i].scalar_type());
        desc->rank = static_cast<int>(tensors[i].dim());
        if (desc->type == DLI_TYPE_NONE || desc->rank > DLI_MAX_RANK)
            return dli_fail(err, DLI_E_UNSUPPORTED,
                            "output '%s' has %d dimensions or an unknown type", desc->name,
                            desc->rank);
        for (int d = 0; d < desc->rank; d++)
            desc->dim[d] = tensors[i].size(d);
    }
    return DLI_OK;
}

void prepare(module *m, const priv *p)
{
    m->script.eval();
    if (p->memory_format == FORMAT_CHANNELS_LAST) {
        for (at::Tensor parameter : m->script.parameters()) {
            if (parameter.dim() == 4)
                parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
        }
    }
    if (p->optimize != OPTIMIZE_NONE)
        m->script = torch::jit::freeze(m->script);
    if (p->optimize == OPTIMIZE_INFERENCE)
        m->script = torch::jit::optimize_for_inference(m->script);
}

int run_once(dli_context *ctx, dli_error *err)
{
    priv *p = static_cast<priv *>(ctx->priv);
    std::vector<c10::IValue> input;
    for (int i = 0; i < p->io.input_count; i++) {
        const dli_tensor_desc *desc = &p->io.input[i];
        size_t bytes;
        int rc = dli_tensor_bytes(&bytes, desc, err);
        if (rc)
            return rc;
        if (scalar_of(desc->type) == at::ScalarType::Undefined)
            return dli_fail(err, DLI_E_UNSUPPORTED, "input '%s' has type %s", desc->name,
                            dli_type_name(desc->type));
        input.push_back(at::zeros(at::IntArrayRef(desc->dim, static_cast<size_t>(desc->rank)),
                                  scalar_of(desc->type)));
    }
    return describe_outputs(&p->io, run(p->module, input, p->memory_format == FORMAT_CHANNELS_LAST),
                            err);
}

} // namespace

extern "C" const char *module_version(void)
{
    return TORCH_VERSION;
}

extern "C" int module_load(struct dli_context *ctx, const char *path, struct dli_error *err)
{
    priv *p = static_cast<priv *>(ctx->priv);
    return guard(err, DLI_E_PARSE, path, [&] {
        torch::jit::ExtraFilesMap extra{{"dli-io", ""}};
        p->module = new module;
        p->module->threads = ctx->settings->threads;
        use_threads(p->module->threads);
        int rc = use_inter_threads(p->inter_threads, err);
        if (rc)
            return rc;
        at::globalContext().setUserEnabledMkldnn(p->has_onednn);
        p->module->script = torch::jit::load(path, at::kCPU, extra);
        if (!extra["dli-io"].empty())
            return ports_read(&p->io, extra["dli-io"].c_str(), err);
        describe_inputs(&p->io, p->module->script);
        if (!p->shapes)
            return dli_fail(
                err, DLI_E_UNSUPPORTED,
                "a TorchScript file has no shapes: give them with -o pytorch.shapes=1x3x224x224");
        return ports_set_shapes(&p->io, p->shapes, err);
    });
}

extern "C" int module_compile(struct dli_context *ctx, struct dli_error *err)
{
    priv *p = static_cast<priv *>(ctx->priv);
    return guard(err, DLI_E_RUNTIME, "preparing the model", [&] {
        at::NoGradGuard no_gradients;
        prepare(p->module, p);
        c10::InferenceMode inference;
        return run_once(ctx, err);
    });
}

extern "C" void module_effective(struct dli_context *ctx, dli_setting_fn tell, void *data)
{
    const priv *p = static_cast<const priv *>(ctx->priv);
    static const char *const optimizes[] = {"none", "freeze", "optimize_for_inference"};
    try {
        tell("num_threads", std::to_string(at::get_num_threads()).c_str(), data);
        tell("num_interop_threads", std::to_string(at::get_num_interop_threads()).c_str(), data);
        tell("mkldnn", at::globalContext().userEnabledMkldnn() ? "yes" : "no", data);
    } catch (const std::exception &) {
        tell("num_threads", "unknown", data);
    }
    tell("memory_format", p->memory_format == FORMAT_CHANNELS_LAST ? "channels_last" : "contiguous",
         data);
    tell("optimize", optimizes[p->optimize], data);
}

extern "C" int module_request_init(struct dli_context *ctx, struct dli_request *request,
                                   struct dli_error *err)
{
    (void)ctx;
    return guard(err, DLI_E_RUNTIME, "preparing a request", [&] {
        c10::InferenceMode inference;
        slot *own = new slot;
        request->priv = own;
        request->device_ns = -1;
        for (int i = 0; i < request->input_count; i++) {
            const dli_tensor *tensor = &request->input[i];
            own->input.emplace_back(at::from_blob(
                tensor->data,
                at::IntArrayRef(tensor->desc.dim, static_cast<size_t>(tensor->desc.rank)),
                scalar_of(tensor->desc.type)));
        }
        return DLI_OK;
    });
}

extern "C" int module_submit(struct dli_context *ctx, struct dli_request *request,
                             struct dli_error *err)
{
    const priv *p = static_cast<const priv *>(ctx->priv);
    slot *own = static_cast<slot *>(request->priv);
    return guard(err, DLI_E_RUNTIME, "inference", [&] {
        c10::InferenceMode inference;
        use_threads(p->module->threads);
        own->output = run(p->module, own->input, p->memory_format == FORMAT_CHANNELS_LAST);
        if (static_cast<int>(own->output.size()) != request->output_count)
            return dli_fail(err, DLI_E_RUNTIME, "inference: %zu outputs, not %d",
                            own->output.size(), request->output_count);
        for (int i = 0; i < request->output_count; i++) {
            const at::Tensor &tensor = own->output[static_cast<size_t>(i)];
            dli_tensor *out = &request->output[i];
            if (tensor.dim() > DLI_MAX_RANK)
                return dli_fail(err, DLI_E_UNSUPPORTED, "output %d has %lld dimensions", i,
                                (long long)tensor.dim());
            out->data = tensor.data_ptr();
            out->bytes = tensor.nbytes();
            out->desc.rank = static_cast<int>(tensor.dim());
            for (int d = 0; d < out->desc.rank; d++)
                out->desc.dim[d] = tensor.size(d);
        }
        return static_cast<int>(DLI_DONE);
    });
}

extern "C" void module_request_release(struct dli_context *ctx, struct dli_request *request)
{
    (void)ctx;
    delete static_cast<slot *>(request->priv);
    request->priv = nullptr;
}

extern "C" void module_free(struct module *module)
{
    delete module;
}
