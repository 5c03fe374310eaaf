// Everything a C++ user needs.
#pragma once

#include "tandem/activation.hpp"
#include "tandem/batch_norm.hpp"
#include "tandem/cost.hpp"
#include "tandem/data_type.hpp"
#include "tandem/executor.hpp"
#include "tandem/isa.hpp"
#include "tandem/machine.hpp"
#include "tandem/operator.hpp"
#include "tandem/padding.hpp"
#include "tandem/params.hpp"
#include "tandem/plan_report.hpp"
#include "tandem/sequence.hpp"
#include "tandem/shape.hpp"
#include "tandem/status.hpp"
#include "tandem/version.hpp"
#include "tandem/weights.hpp"
